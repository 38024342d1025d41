from sealing.models.batch import Batch, BatchItem
from sealing.models.document import Document
from sealing.models.label import Label, SealLabel, SealShare
from sealing.models.receipt import SealReceipt
from sealing.models.seal import Seal, SealArchiving, SealAttempt

__all__ = [
    "Batch",
    "BatchItem",
    "Document",
    "Label",
    "Seal",
    "SealArchiving",
    "SealAttempt",
    "SealLabel",
    "SealReceipt",
    "SealShare",
]
