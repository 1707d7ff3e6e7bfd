package dev.whetstone.preference;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Selects votes; a null component selects all.
 *
 * @param user who voted
 * @param policy version that wrote one of the sides
 * @param from earliest time of a vote, inclusive
 * @param to latest time of a vote, exclusive
 * @param tag a tag of the vote
 * @param pair the pair voted on
 * @param imported whether the pair came from a file
 * @param blindTo key that must not see votes on pairs leased to it until its own vote is cast
 */
public record PreferenceFilter(
    @Nullable Choice choice,
    @Nullable String user,
    @Nullable String policy,
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable String tag,
    @Nullable String pair,
    @Nullable Boolean imported,
    @Nullable String blindTo) {
  /** Every vote. */
  public static final PreferenceFilter ALL =
      new PreferenceFilter(null, null, null, null, null, null, null, null, null);

  /** The filter as conditions on {@code preferences v} and {@code pairs p}. */
  public WhereClause toWhereClause(Instant now) {
    WhereClause conditions = new WhereClause();
    if (choice != null) {
      conditions.and("v.choice = ?", choice.label());
    }
    if (user != null) {
      conditions.and("v.user_id = ?", user);
    }
    if (policy != null) {
      conditions.and("(p.policy_a = ? OR p.policy_b = ?)", policy, policy);
    }
    conditions.andNested("%s", recordedBetween(from, to));
    if (tag != null) {
      // The index covers tagged votes only.
      conditions.and("v.tags @> ARRAY[?]::text[] AND v.tags <> '{}'", tag);
    }
    if (pair != null) {
      conditions.and("v.pair_id = ?", pair);
    }
    if (imported != null) {
      conditions.and("v.imported = ?", imported);
    }
    if (blindTo != null) {
      conditions.and(
          """
          NOT EXISTS (SELECT FROM leases l
            WHERE l.pair_id = v.pair_id AND l.key_id = ? AND l.leased_until > ?
              AND NOT EXISTS (SELECT FROM preferences own
                WHERE own.pair_id = l.pair_id AND own.key_id = l.key_id
                  AND own.user_id = l.user_id))""",
          blindTo,
          now);
    }
    return conditions;
  }

  /** A time span as conditions on {@code preferences v}; null bounds are open. */
  public static WhereClause recordedBetween(@Nullable Instant from, @Nullable Instant to) {
    WhereClause conditions = new WhereClause();
    if (from != null) {
      conditions.and("v.recorded_at >= ?", from);
    }
    if (to != null) {
      conditions.and("v.recorded_at < ?", to);
    }
    return conditions;
  }
}
