from sealing.models.document import Document
from sealing.models.receipt import SealReceipt
from sealing.models.seal import Seal, SealArchiving, SealAttempt

__all__ = ["Document", "Seal", "SealArchiving", "SealAttempt", "SealReceipt"]
