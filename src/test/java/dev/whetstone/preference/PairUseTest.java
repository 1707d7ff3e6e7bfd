package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Database;
import dev.whetstone.testing.SharedPostgres;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What votes may be used for is the same in Java and in the database. */
class PairUseTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static final List<String> SAMPLINGS =
      List.of(
          "{}",
          "{\"temperature\": 0.8, \"top_k\": 0, \"repetition_penalty\": 1.2}",
          "{\"logit_bias\": {}, \"stop\": [], \"schema\": null, \"choices\": null}",
          "{\"logit_bias\": null, \"stop\": null, \"temperature\": null}",
          "{\"logit_bias\": {\"7\": 9.0}}",
          "{\"stop\": [\"x\"]}",
          "{\"ending\": {\"min_tokens\": 9}}",
          "{\"presence_penalty\": 0.1}",
          "{\"frequency_penalty\": -0.1}",
          "{\"repetition_penalty\": 1.21}",
          "{\"repetition_penalty\": 0.99}",
          "{\"schema\": {\"type\": \"object\"}}",
          "{\"choices\": [\"yes\", \"no\"]}",
          "{\"temperature\": 0.19}",
          "{\"temperature\": 0.2}",
          "{\"temperature\": 0}",
          "{\"top_k\": 1}",
          "{\"top_k\": 2}");

  private final List<Pair> pairs = new ArrayList<>();

  @Test
  void javaAndTheDatabaseAgree() {
    for (String sampling : SAMPLINGS) {
      add(sampling, side("so", 1), side("thus", 2), 7);
    }
    add("{}", side("same", 1), side("same", 2), 7);
    add("{}", side("one", 1), side("two", 1), 7);
    add("{}", side("one"), side("two", 1), 7);
    add("{}", side("one", 1), side("two"), 7);
    add("{}", side("one", 1), side("two", 2));
    for (String finish : List.of("stop", "length", "cancelled", "error")) {
      add("{}", side("one", 1), ended("two", finish), 7);
      add("{\"top_k\": 1}", ended("one", finish), side("two", 3), 7);
    }

    pairs.add(refusing(pairs.getFirst()));
    pairs.add(refusing(pairs.getLast()));

    Map<String, Optional<String>> stored = new HashMap<>();
    try (Database database = new Database(SharedPostgres.create())) {
      var log = new PreferenceLog(database, InstantSource.fixed(NOW));
      pairs.forEach(log::storePair);
      pairs.forEach(pair -> vote(log, pair));
      database.list(
          row ->
              stored.put(row.getString("pair_id"), Optional.ofNullable(row.getString("unusable"))),
          "SELECT pair_id, unusable FROM judged_votes");
    }

    assertThat(stored).hasSameSizeAs(pairs);
    for (Pair pair : pairs) {
      assertThat(stored.get(pair.pairId()))
          .as(pair.sampling() + " " + pair.a() + " " + pair.b())
          .isEqualTo(Optional.ofNullable(PairUse.obstacle(pair)).map(Unusable::label));
    }
    assertThat(new HashSet<>(stored.values())).as("every obstacle occurs, and none").hasSize(10);
  }

  private static void vote(PreferenceLog log, Pair pair) {
    log.vote(
        new VoteRequest(
            pair.pairId(),
            pair.pairId(),
            pair.keyId(),
            null,
            new Choice.A(),
            null,
            List.of(),
            null));
  }

  private Pair refusing(Pair pair) {
    return new Pair(
        "pair_" + pairs.size(),
        pair.keyId(),
        pair.user(),
        pair.prompt(),
        pair.a(),
        pair.b(),
        pair.baseHash(),
        pair.sampling(),
        pair.metadata(),
        pair.createdAt(),
        pair.expiresAt(),
        false);
  }

  private static Side side(String text, int... ids) {
    return new Side(text, ids, new float[ids.length], "stop", "v0", "hash0");
  }

  private static Side ended(String text, String finish) {
    return new Side(text, new int[] {5}, new float[] {-1}, finish, "v0", "hash0");
  }

  private void add(String sampling, Side a, Side b, int... prompt) {
    pairs.add(
        new Pair(
            "pair_" + pairs.size(),
            "chat_1",
            "u",
            new Pair.Prompt("How?", prompt, "[]"),
            a,
            b,
            "base",
            sampling,
            null,
            NOW,
            NOW.plusSeconds(60)));
  }
}
