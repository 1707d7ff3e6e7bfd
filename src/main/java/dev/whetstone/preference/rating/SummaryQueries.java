package dev.whetstone.preference.rating;

import java.util.List;

/**
 * The statements of the summary. {@code %s} stands for the conditions on {@code preferences v} that
 * select a time span. Votes of judges and rules are in {@link #RESULTS} alone.
 */
final class SummaryQueries {
  private static final int MAX_RATERS = 100;
  private static final int MAX_AGREEING_RATERS = 1_000;
  static final int MAX_KAPPAS = 50;
  static final int MAX_VERSIONS = 200;
  static final List<String> CHOICES = List.of("a", "b", "tie", "both_bad");

  private static final String COUNTS =
      """
      count(*) FILTER (WHERE choice = 'a') AS a, count(*) FILTER (WHERE choice = 'b') AS b,
      count(*) FILTER (WHERE choice = 'tie') AS tie,
      count(*) FILTER (WHERE choice = 'both_bad') AS both_bad
      """;

  static final String RATERS =
      """
      SELECT key_id, user_id, count(*) OVER () AS people, %s
      FROM preferences v WHERE NOT imported AND source = 'human' AND %%s
      GROUP BY key_id, user_id ORDER BY count(*) DESC, user_id, key_id LIMIT %d
      """
          .formatted(COUNTS, MAX_RATERS);

  // Pairs that several raters judged, usually a small part of the log: how often each pattern of
  // choices occurs (pattern), and how often two raters made each combination of choices (cell).
  static final String SHARED =
      """
      WITH vote AS NOT MATERIALIZED (
        SELECT * FROM preferences v WHERE source = 'human' AND %%s),
      shared AS MATERIALIZED (
        SELECT pair_id, key_id, user_id, choice FROM vote WHERE NOT imported AND pair_id IN (
          SELECT pair_id FROM vote GROUP BY pair_id HAVING count(*) > 1)),
      pattern AS (
        SELECT a, b, tie, both_bad, count(*) AS times FROM (
          SELECT %s FROM shared GROUP BY pair_id HAVING count(*) > 1) AS unit
        GROUP BY a, b, tie, both_bad),
      cell AS (
        SELECT one.user_id AS one, other.user_id AS other, one.key_id AS key_one,
          other.key_id AS key_other, one.choice AS chosen_one, other.choice AS chosen_other,
          count(*) AS times, sum(count(*)) OVER (
            PARTITION BY one.user_id, one.key_id, other.user_id, other.key_id) AS pairs
        FROM shared one JOIN shared other USING (pair_id)
        WHERE (one.user_id, one.key_id) < (other.user_id, other.key_id)
        GROUP BY one.user_id, one.key_id, other.user_id, other.key_id, one.choice, other.choice
        ORDER BY pairs DESC, one, key_one, other, key_other LIMIT %d),
      agreement AS (
        SELECT one.user_id AS one, one.key_id AS key_one, count(*) AS pairs,
          count(*) FILTER (WHERE one.choice = other.choice) AS times
        FROM shared one JOIN shared other USING (pair_id)
        WHERE (one.user_id, one.key_id) <> (other.user_id, other.key_id)
        GROUP BY one.user_id, one.key_id ORDER BY pairs DESC LIMIT %d)
      SELECT NULL AS one, NULL AS other, NULL AS key_one, NULL AS key_other, NULL AS chosen_one, NULL AS chosen_other,
        a, b, tie, both_bad, times, 0 AS pairs FROM pattern
      UNION ALL
      SELECT one, other, key_one, key_other, chosen_one, chosen_other, 0, 0, 0, 0, times, pairs FROM cell
      UNION ALL
      SELECT one, NULL, key_one, NULL, NULL, NULL, 0, 0, 0, 0, times, pairs FROM agreement
      """
          .formatted(COUNTS, MAX_KAPPAS * CHOICES.size() * CHOICES.size(), MAX_AGREEING_RATERS);

  static final String GOLD =
      """
      SELECT v.key_id, v.user_id, count(*) AS votes,
        count(*) FILTER (WHERE v.choice = g.choice) AS correct
      FROM gold_pairs g JOIN preferences v USING (pair_id)
      WHERE NOT v.imported AND v.source = 'human' AND %%s
      GROUP BY v.key_id, v.user_id ORDER BY votes DESC LIMIT %d
      """
          .formatted(MAX_AGREEING_RATERS);

  static final String RESULTS =
      """
      SELECT policy_a, policy_b, choice, imported, source, count(*) AS times
      FROM preferences v WHERE %s GROUP BY policy_a, policy_b, choice, imported, source
      """;

  static final String IDENTICAL =
      """
      SELECT count(*) AS prompts, coalesce(sum(n), 0) AS pairs FROM (
        SELECT count(*) AS n FROM pairs WHERE NOT imported GROUP BY prompt_hash
        HAVING count(*) > 1) AS repeated
      """;

  private SummaryQueries() {}
}
