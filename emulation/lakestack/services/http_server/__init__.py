"""The gateway's HTTP/1.1: one thread for each connection, which reads, asks and answers.

LocalStack's server (Twisted) reads and writes in one thread and asks in another: each request
changes threads twice, and that alone costs more CPU than S3 needs to store a kilobyte. What is not
plain HTTP/1.1 (TLS, WebSockets, HTTP/2) goes on to Twisted, socket and all.
"""
