"""One file with all that ``make setup`` fetches, for machines that have no network.

The file is a tar archive (not compressed: what is in it is):

- ``SHA256SUMS``: of each other file, as sha256sum(1) reads it;
- ``bundle.json``: platforms, versions of Python, and the digests of the locks it was made from;
- ``packages/``: a wheel of each package of requirements.lock for each platform and Python, uv
  among them; source where a package has no wheels at all;
- ``java/SET/``: the sets of Java artefacts of the platforms;
- ``data/NAME``: a data set and its terms, when one was given.

`making` writes it, `unpack` checks and unpacks it before anything is installed, `placing` brings
Java artefacts and data to the cache. SHA256SUMS finds what was damaged on the way. It proves
nothing about who made the bundle; the hashes of the clone's own locks do, for packages and Java
artefacts.
"""
