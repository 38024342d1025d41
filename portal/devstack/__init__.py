"""The embedded stack: everything Sealport needs on one machine, started and stopped together.

PostgreSQL, Redis, SoftHSM and a development PKI (CA, OCSP, CRL, two timestamp authorities, and another set for test
mode) on loopback; in front of them the web server, the Celery worker and beat. `python -m portal.devstack up` runs all
of it until Ctrl-C. For development, demonstrations and tests; production brings its own parts by setting the variables
that are named in `portal/settings.py`, and a part whose variable is set is not started here either.

Nothing in this package imports Django. What it keeps lies under `var/` (moved by `SEALPORT_VAR`):

    stack.json        environment variable -> value, the defaults of settings.py
    stack.lock        held by the running stack; a kill -9 lets go of it
    demo.json         sign-ins and tokens of the demonstration customer, written by `manage.py seed_demo`
    ports.json        the loopback ports this checkout chose once
    secret_key        Django's secret of this checkout
    run/*.json        one file per running child: process id and when it started
    log/*.log         one log per child, `.1` is the run before
    postgres/         the cluster, with its password beside it in postgres-password
    redis/            configuration and password of Redis (it persists nothing)
    softhsm/          configuration, PIN and tokens
    pki/, pki-keys/   certificates, trust anchors, registry of issued certificates; private keys
    mail/             mail that was sent, one file each
    sample.pdf        a document to try with
    static/           collected static files
    objects/          stored documents, encrypted
    uploads/          what is being received
    stamps/           hashes of what was done, so that it is not done again
    cache/            what several stacks of one checkout share: SoftHSM unpacked, keys for tests
    test-<pid>/       the same again for one test run; removed at its end
"""
