"""What may be erased of tables that never change: rows whose period is over, by a function of the owner's (D4, D5)."""

from django.db import migrations

# The triggers of append-only tables stay in force. They ask whether the owner's own function is deleting, which says so
# by a setting that counts for nobody but the owner: the application's role can set it, and changes nothing.
ERASING = """
CREATE TABLE kernel_erasable (
    table_name varchar(63) PRIMARY KEY,
    key varchar(63) NOT NULL,
    moment text NOT NULL,
    only_if text NOT NULL,
    period interval NOT NULL,
    whole_years boolean NOT NULL,
    parts text[] NOT NULL
);

CREATE FUNCTION kernel_is_erasing() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT coalesce(current_setting('sealport.erasing', true), '') = 'on' AND current_user =
        (SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE oid = 'public.kernel_is_erasing()'::regprocedure)
$$;

-- Lets what erases by age pass the triggers of a table that refuse deletion; nothing else changes about them.
CREATE FUNCTION kernel_let_erasing_pass(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE guard record;
BEGIN
    FOR guard IN SELECT pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t
        WHERE NOT t.tgisinternal AND t.tgrelid = ANY (names::regclass[]::oid[]) AND (t.tgtype & 2) <> 0
          AND ((t.tgtype & 8) <> 0 OR t.tgrelid::regclass::text = 'billing_billingperiod' AND (t.tgtype & 16) <> 0)
          AND pg_get_triggerdef(t.oid) NOT LIKE '%WHEN (%'
    LOOP
        EXECUTE replace(replace(guard.definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'),
            'EXECUTE FUNCTION', 'WHEN (NOT public.kernel_is_erasing()) EXECUTE FUNCTION');
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION kernel_let_erasing_pass(text[]) FROM PUBLIC;

CREATE FUNCTION kernel_erasing_clock() RETURNS timestamptz LANGUAGE sql VOLATILE SET search_path = pg_catalog
    AS $$ SELECT clock_timestamp() $$;

-- What happened before this is over, wherever on earth the operator's days begin: the caller's own limit is the exact
-- one, and this the one that no mistake of the caller's can pass.
CREATE FUNCTION kernel_erasing_horizon(period interval, whole_years boolean) RETURNS timestamptz LANGUAGE sql VOLATILE
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
    SELECT CASE WHEN whole_years
        THEN date_trunc('year', public.kernel_erasing_clock() + interval '14 hours' - period) + interval '14 hours'
        ELSE public.kernel_erasing_clock() + interval '14 hours' - period END
$$;

-- Deletes of the rows named those whose period is over, with their parts (`table.column`); returns how many.
CREATE FUNCTION kernel_erase_rows(wanted text, keys text[]) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET "sealport.erasing" = 'on' AS $$
DECLARE rule public.kernel_erasable; kind text; going text[]; part text; gone bigint;
BEGIN
    SELECT * INTO STRICT rule FROM public.kernel_erasable WHERE table_name = wanted;
    SELECT format_type(atttypid, NULL) INTO STRICT kind FROM pg_attribute
        WHERE attrelid = format('public.%I', wanted)::regclass AND attname = rule.key;
    EXECUTE format('SELECT array_agg(key) FROM (SELECT t.%1$I::text AS key FROM public.%2$I t'
        ' WHERE t.%1$I = ANY ($1::%3$s[]) AND (%4$s) AND (%5$s)::timestamptz < $2 FOR UPDATE OF t) locked',
        rule.key, wanted, kind, rule.only_if, rule.moment)
        INTO going USING keys, public.kernel_erasing_horizon(rule.period, rule.whole_years);
    IF going IS NULL THEN RETURN 0; END IF;
    FOREACH part IN ARRAY rule.parts LOOP
        EXECUTE format('DELETE FROM public.%I WHERE %I = ANY ($1::%s[])', split_part(part, '.', 1),
            split_part(part, '.', 2), kind) USING going;
    END LOOP;
    EXECUTE format('DELETE FROM public.%I WHERE %I = ANY ($1::%s[])', wanted, rule.key, kind) USING going;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- Whether no row refers to this one by a foreign key but those of its parts.
CREATE FUNCTION kernel_is_unreferenced(target regclass, wanted text, parts text[]) RETURNS boolean LANGUAGE plpgsql
STABLE SET search_path = pg_catalog AS $$
DECLARE referrer record; found boolean;
BEGIN
    FOR referrer IN SELECT c.conrelid::regclass::text AS name, r.relname, a.attname FROM pg_constraint c
        JOIN pg_class r ON r.oid = c.conrelid
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = target AND array_length(c.conkey, 1) = 1
    LOOP
        CONTINUE WHEN referrer.relname || '.' || referrer.attname = ANY (parts);
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I = $1)', referrer.name, referrer.attname)
            INTO found USING wanted;
        IF found THEN RETURN false; END IF;
    END LOOP;
    RETURN true;
END $$;

INSERT INTO kernel_erasable VALUES ('kernel_event', 'id', 't.at', 'true', '90 days', false, '{}');
SELECT kernel_let_erasing_pass('kernel_event');
"""

AUDIT = """
INSERT INTO kernel_auditclass VALUES ('hosted5y', '5 years'), ('hosted10', '10 years');
DO $$
DECLARE class text; parent text;
BEGIN
    FOREACH class IN ARRAY ARRAY['hosted5y', 'hosted10'] LOOP
        FOREACH parent IN ARRAY ARRAY['kernel_auditentry', 'kernel_auditlink'] LOOP
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES IN (%L) PARTITION BY RANGE (at)',
                parent || '_' || class, parent, class);
            EXECUTE format('CREATE TRIGGER audit_part_not_truncated BEFORE TRUNCATE ON public.%I'
                ' FOR EACH STATEMENT EXECUTE FUNCTION public.kernel_forbid_change()', parent || '_' || class);
            PERFORM kernel_audit_make_partition(parent || '_' || class, parent || '_' || class || '_default', 'DEFAULT');
        END LOOP;
    END LOOP;
END $$;
DROP FUNCTION kernel_audit_drop_expired();

-- Days of these classes whose period is over, with the moment before which everything in them is. `before` is meant for
-- the shortest of the classes; the others have as much more as their periods are longer.
CREATE FUNCTION kernel_audit_expired(classes text[], before timestamptz)
RETURNS TABLE (class text, links text, horizon timestamptz, whole boolean) LANGUAGE sql STABLE
SET search_path = pg_catalog SET timezone = 'UTC' AS $$
    SELECT found.name, found.links, found.horizon, found.whole FROM (
        SELECT k.name::text, c.relname::text AS links, c.relname NOT LIKE '%default' AS whole, least(
            before + (SELECT min(period) FROM public.kernel_auditclass WHERE name = ANY (classes)) - k.period,
            public.kernel_erasing_clock() - k.period) AS horizon
          FROM public.kernel_auditclass k
          JOIN pg_inherits i ON i.inhparent = ('public.kernel_auditlink_' || k.name)::regclass
          JOIN pg_class c ON c.oid = i.inhrelid
         WHERE k.name = ANY (classes)) found
     WHERE NOT found.whole OR to_date(right(found.links, 8), 'YYYYMMDD') + 1 <= found.horizon
     ORDER BY found.whole, found.name, found.links  -- what has no day of its own does not count and comes first
$$;

-- Drops whole days whose period is over (clause D5) and which a checkpoint covers that is as old as the period: that
-- one proves that nothing younger is dropped. What is dropped leaves a cut. Nobody can shorten the period from outside.
-- A day on which something of a spared customer happened stays.
CREATE FUNCTION kernel_audit_drop_expired(classes text[], before timestamptz, spared text[], at_most integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET lock_timeout = '3s' SET timezone = 'UTC' AS $$
DECLARE part record; entries text; dropped integer := 0; condition text; covered boolean;
BEGIN
    FOR part IN SELECT * FROM public.kernel_audit_expired(classes, before) LOOP
        EXIT WHEN dropped >= at_most;
        entries := replace(part.links, 'auditlink', 'auditentry');
        condition := CASE WHEN part.whole THEN 'true' ELSE format('at < %L', part.horizon) END;
        EXECUTE format('LOCK TABLE public.%I, public.%I IN ACCESS EXCLUSIVE MODE', entries, part.links);
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM public.%I l WHERE %s AND (chain = ANY ($1) OR NOT EXISTS ('
            'SELECT FROM public.kernel_auditcheckpointhead h JOIN public.kernel_auditcheckpoint c'
            ' ON c.number = h.checkpoint_id WHERE h.chain = l.chain AND h.seq >= l.seq AND c.at <= %L)))',
            part.links, condition, part.horizon) INTO covered USING spared;
        CONTINUE WHEN NOT covered;
        EXECUTE format('INSERT INTO public.kernel_auditcut (chain, first_seq, last_seq, hash, retention, cut_at)'
            ' SELECT chain, min(seq), max(seq), (array_agg(hash ORDER BY seq DESC))[1], %L,'
            ' public.kernel_erasing_clock()'
            ' FROM (SELECT chain, seq, hash, seq - row_number() OVER (PARTITION BY chain ORDER BY seq) AS island'
            ' FROM public.%I WHERE %s) l GROUP BY chain, island', part.class, part.links, condition);
        IF part.whole THEN
            EXECUTE format('DROP TABLE public.%I, public.%I', entries, part.links);
            dropped := dropped + 1;
        ELSE
            PERFORM public.kernel_audit_empty(entries, condition);
            PERFORM public.kernel_audit_empty(part.links, condition);
        END IF;
    END LOOP;
    RETURN dropped;
END $$;
"""

NOT_ERASING = """
DO $$
DECLARE guard record;
BEGIN
    FOR guard IN SELECT pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t
        WHERE NOT t.tgisinternal AND pg_get_triggerdef(t.oid) LIKE '%kernel_is_erasing%'
    LOOP
        EXECUTE regexp_replace(replace(guard.definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'),
            'WHEN \\(.*\\) EXECUTE', 'EXECUTE');
    END LOOP;
END $$;
DROP FUNCTION kernel_is_unreferenced, kernel_erase_rows, kernel_erasing_horizon, kernel_erasing_clock,
    kernel_let_erasing_pass, kernel_is_erasing;
DROP TABLE kernel_erasable;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0006_erase")]

    operations = [migrations.RunSQL(ERASING, NOT_ERASING), migrations.RunSQL(AUDIT)]
