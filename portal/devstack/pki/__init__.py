"""The development PKI: certificates made once, answers signed for real, for nobody outside this machine.

`python -m portal.devstack.pki.serve FOLDER PORT` serves, on loopback:

    POST /tsa/a, /tsa/b, /tsa/test         RFC 3161 timestamps (RSA-2048, EC P-256, RSA-2048)
    POST /ocsp/<ca>, GET /ocsp/<ca>/<base64>   RFC 6960 by a delegated responder
    GET  /crl/<ca>.crl                     RFC 5280
    GET  /certificates/<ca>.cer            for caIssuers
    POST /ca/<live|test>/issue?years=1     a PEM certificate request -> the certificate and its issuer, PEM
    POST /ca/<live|test>/revoke            {"serial": "<hex>", "reason": "keyCompromise"} -> {"serial", "revoked_at"}
    GET  /health                           ok

`<ca>` is live-root, live-seals, test-root or test-seals (OCSP: the two that issue). What is wrong with a request is
answered with 4xx and a sentence; a timestamp request that is well-formed but not acceptable, with a rejection token.
"""
