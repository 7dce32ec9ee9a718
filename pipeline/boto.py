"""boto3, imported quickly.

botocore asks pyOpenSSL for a class that urllib3 has as well: ``urllib3.contrib.pyopenssl`` calls
urllib3's own ``SSLContext`` by another name, ``orig_util_SSLContext``, and where it cannot be
imported, botocore takes the class from urllib3 (``botocore/httpsession.py``). The emulator brings
pyOpenSSL into the environment, and importing it takes as long as a fourth of all else.
"""

from __future__ import annotations
