"""What must always hold of plans, terms, billing periods and charges."""

from __future__ import annotations

SUBSCRIPTIONS: dict[str, str] = {
    "periods of a subscription neither overlap nor leave gaps": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY subscription_id ORDER BY starts_at)"
        " AS previous_end FROM billing_billingperiod) p WHERE previous_end <> starts_at"
    ),
    "no customer has two billing periods at one time": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY customer_id ORDER BY starts_at)"
        " AS previous_end FROM billing_billingperiod) p WHERE previous_end > starts_at"
    ),
    "periods are closed in order": (
        "SELECT count(*) FROM billing_billingperiod p WHERE p.state = 'open' AND EXISTS (SELECT FROM"
        " billing_billingperiod l WHERE l.subscription_id = p.subscription_id AND l.starts_at > p.starts_at"
        " AND l.state = 'closed')"
    ),
    "a customer has one subscription at a time": (
        "SELECT count(*) FROM billing_subscription a JOIN billing_subscription b ON a.customer_id = b.customer_id"
        " AND a.id < b.id AND a.started_at < coalesce(b.ended_at, 'infinity')"
        " AND b.started_at < coalesce(a.ended_at, 'infinity')"
    ),
    "every order of an additional service is charged once, a monthly one once for its first month": (
        "SELECT count(*) FROM billing_addonorder o JOIN billing_addon a ON a.code = o.add_on_id WHERE (SELECT count(*)"
        " FROM billing_charge c WHERE c.reverses_id IS NULL AND c.customer_id = o.customer_id"
        " AND (c.quantity, c.unit_price) = (o.quantity, o.price)"
        " AND (a.interval = 'once' AND c.source_type = 'add_on_order' AND c.source_id = o.id"
        " OR a.interval = 'month' AND c.source_type = 'add_on_month'"
        " AND c.source_id = o.id || ':' || to_char(o.starts_on, 'YYYY-MM'))) <> 1"
        " AND o.ordered_at > kernel_erasing_clock() - interval '10 years'"
    ),
    "no month of an additional service is charged outside of its order": (
        "SELECT count(*) FROM billing_charge c LEFT JOIN billing_addonorder o ON o.id = split_part(c.source_id, ':', 1)"
        " WHERE c.source_type = 'add_on_month' AND (o.id IS NULL OR to_date(split_part(c.source_id, ':', 2), 'YYYY-MM')"
        " < o.starts_on OR to_date(split_part(c.source_id, ':', 2), 'YYYY-MM') >= o.ends_on)"
    ),
    "the signed document of special terms is the one that was recorded": (
        "SELECT count(*) FROM billing_specialterms WHERE encode(sha256(document), 'hex') <> document_sha256"
    ),
    "no customer has two special terms at one time": (
        "SELECT count(*) FROM billing_specialterms a JOIN billing_specialterms b ON a.customer_id = b.customer_id"
        " AND a.starts_on < b.starts_on AND b.starts_on < coalesce(a.ends_on, 'infinity')"
    ),
    "terms of a subscription neither overlap nor leave gaps": (
        "SELECT count(*) FROM (SELECT starts_at, lag(ends_at) OVER (PARTITION BY subscription_id ORDER BY starts_at)"
        " AS previous_end FROM billing_subscriptionterm) t WHERE previous_end <> starts_at"
    ),
    "every billing period lies in one term of its subscription and has its prices": (
        "SELECT count(*) FROM billing_billingperiod p WHERE (SELECT count(*) FROM billing_subscriptionterm t"
        " WHERE t.subscription_id = p.subscription_id AND t.plan_version_id = p.plan_version_id"
        " AND t.starts_at <= p.starts_at AND p.ends_at <= t.ends_at) <> 1"
    ),
    "a cancelled subscription has its end": (
        "SELECT count(*) FROM billing_subscriptionchange c JOIN billing_subscription s ON s.id = c.subscription_id"
        " WHERE c.kind = 'cancel' AND c.state = 'pending'"
        " AND (s.ended_at IS NULL OR s.ended_at > c.effective_at)"
    ),
    "a customer is charged its set-up fee once": (
        "SELECT count(*) FROM (SELECT FROM billing_charge WHERE item = 'setup' AND source_type = 'setup'"
        " AND reverses_id IS NULL GROUP BY customer_id HAVING count(*) > 1) c"
    ),
}
