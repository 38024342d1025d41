"""The seal engine: from a file and a key to a sealed file, without Django, database or network.

pades          seal_pdf and its phases prepare, draft, complete
revision       what a seal appends to a PDF, as bytes
reading        opening somebody's PDF; pages, form fields, existing signatures and what they permit
facts          preflight: what is in a PDF, and whether it can be sealed at all
sandbox        preflight and prepare in a child process with limits (sandbox_server is that child)
cms, der       the signature structure, from frozen parts
evidence       matching and verifying revocation data, chains and timestamps
check          the gate before publishing: the result is read again like a stranger's file
independent    the same question asked of a second implementation, for tests and for the doctor
keys, errors   what the caller lends; every refusal code
"""
