"""The seal engine: from a file and a key to a sealed file, without Django, database or network.

pades               seal_pdf and its phases prepare, draft, complete
facts               preflight: can this PDF be sealed, and what should the customer know about it?
sandbox             preflight and prepare in a child process with limits (sandbox_server, frames)
asice               seal_container: any files into one container (xades: its signature; container: names)
check               the gate before publishing: the result is read again like a stranger's file (changes)
check_asice         the gate for containers (check_xades)
proof               what both gates ask about timestamps and chains
independent         the same question asked of a second implementation, for tests and for the doctor

revision, editing   what a seal appends to a PDF, as bytes
reading, raw,       opening somebody's PDF: limits, pages, fields; objects as their own bytes; syntax;
syntax, signatures  existing signatures and what they permit
cms, der            the signature structure, from frozen parts
cades               detached seals over a digest; check_cades (check_cades_archive) is their gate
xades_archive,      archive timestamps, the first and all that succeed it; check_archive is the gate for PDFs that
cades_archive       got another one
signed_cms          reading signatures and timestamp tokens, and verifying them
certificates,       chains; revocation data that does or does not prove a certificate good
evidence
keys, errors        what the caller lends; every refusal code
sample              a small PDF of our own
"""
