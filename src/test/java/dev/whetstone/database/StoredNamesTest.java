package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.Unusable;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.preference.VoteSource;
import dev.whetstone.preference.feedback.Rating;
import dev.whetstone.rollout.RolloutMode;
import dev.whetstone.rollout.RolloutStatus;
import dev.whetstone.rollout.duel.Arm;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import dev.whetstone.security.Session;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.RunTrigger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The names that the schema's checks allow are those of the enums. */
@Tag("database")
class StoredNamesTest {
  private static final String CHECKS =
      """
      SELECT c.conrelid::regclass || '.' || a.attname AS column,
        pg_get_constraintdef(c.oid) AS definition
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'c' AND array_length(c.conkey, 1) = 1
        AND pg_get_constraintdef(c.oid) LIKE '%= ANY%'
      """;

  private static final String REASONS =
      """
      SELECT pg_get_viewdef(oid) FROM pg_class WHERE relname IN ('judged_votes', 'judged_ratings')
      UNION ALL
      SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE '%unusable'
      UNION ALL
      SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute a
        ON a.attrelid = adrelid AND a.attnum = adnum WHERE a.attname = 'unusable'
      """;

  private static final Pattern REASON = Pattern.compile("THEN '([a-z_]+)'");

  private static final Pattern NAME = Pattern.compile("'([^']*)'::text");

  private static final Map<String, Set<String>> ALLOWED = new HashMap<>();

  private static Database database;

  @BeforeAll
  static void readChecks() {
    database = new Database(SharedPostgres.create());
    database
        .list(row -> Map.entry(row.getString("column"), row.getString("definition")), CHECKS)
        .forEach(check -> ALLOWED.put(check.getKey(), names(check.getValue())));
  }

  @AfterAll
  static void close() {
    database.close();
  }

  static Stream<Arguments> columns() {
    return Stream.of(
        arguments("keys.role", names(Role.values())),
        arguments("keys.users", names(KeyUsers.values())),
        arguments("sessions.origin", names(Session.Origin.values())),
        arguments("policies.status", names(PolicyStatus.values())),
        arguments("training_runs.status", names(RunStatus.values())),
        arguments("training_runs.trigger", names(RunTrigger.values())),
        arguments("run_preferences.part", names(Part.values())),
        arguments("preferences.source", names(VoteSource.values())),
        arguments("preferences.choice", choices()),
        arguments("gold_pairs.choice", choices()),
        arguments("exclusions.kind", names(VoteExclusions.Kind.values())),
        arguments("ratings.rating", names(Rating.values())),
        arguments("ratings.first_rating", names(Rating.values())),
        arguments("rollouts.mode", names(RolloutMode.values())),
        arguments(
            "rollouts.status",
            Arrays.stream(RolloutStatus.values())
                .map(RolloutStatus::stored)
                .collect(Collectors.toSet())),
        arguments(
            "rollouts.ending",
            Arrays.stream(RolloutStatus.values())
                .map(RolloutStatus::ending)
                .filter(Objects::nonNull)
                .collect(Collectors.toSet())),
        arguments("gate_rows.verdict", names(GateVerdict.values())),
        arguments("rollout_figures.side", names(Arm.values())),
        // Watches count pairs alone.
        arguments("watch_figures.side", names(Arm.CANDIDATE, Arm.CHAMPION, Arm.ALONE)));
  }

  @ParameterizedTest
  @MethodSource("columns")
  void aCheckAllowsTheNamesOfItsEnum(String column, Set<String> names) {
    assertThat(ALLOWED).containsKey(column);
    assertThat(ALLOWED.get(column)).isEqualTo(names);
  }

  @Test
  void everyCheckOfNamesHasItsEnumHere() {
    Set<String> known =
        columns().map(column -> (String) column.get()[0]).collect(Collectors.toSet());
    assertThat(ALLOWED.keySet()).containsExactlyInAnyOrderElementsOf(known);
  }

  /** A reason that a newer build adds must not keep this one from answering. */
  @Test
  void aViewGivesNoReasonThatIsNotNamed() {
    Set<String> given =
        new TreeSet<>(Set.of(Choice.of("tie").label(), Choice.of("both_bad").label()));
    database
        .list(row -> row.getString(1), REASONS)
        .forEach(
            definition ->
                REASON.matcher(definition).results().forEach(found -> given.add(found.group(1))));

    Set<String> named = new TreeSet<>(names(Unusable.values()));
    named.remove(Unusable.OTHER.label());
    assertThat(given).isEqualTo(named);
    assertThat(Unusable.ofStored("a newer reason")).isEqualTo(Unusable.OTHER);
  }

  private static Set<String> names(Enum<?>... constants) {
    return Arrays.stream(constants).map(EnumNames::of).collect(Collectors.toSet());
  }

  private static Set<String> choices() {
    return Stream.of(new Choice.A(), new Choice.B(), new Choice.Tie(), new Choice.BothBad())
        .map(Choice::label)
        .collect(Collectors.toSet());
  }

  private static Set<String> names(String definition) {
    return NAME.matcher(definition)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
