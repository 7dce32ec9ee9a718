"""The LocalStack plugin: one folder per AWS service that the free version lacks or does slowly."""
