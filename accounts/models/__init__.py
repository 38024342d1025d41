from accounts.models.access import ApiToken, Invitation, Membership
from accounts.models.customer import Customer, CustomerDomain
from accounts.models.person import Person

__all__ = ["ApiToken", "Customer", "CustomerDomain", "Invitation", "Membership", "Person"]
