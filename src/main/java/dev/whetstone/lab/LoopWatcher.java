package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/**
 * Follows the runs and rollouts of a gateway, so that nobody votes while a run or a gate is under
 * way: real votes are slow and training is fast.
 */
final class LoopWatcher {
  private static final Set<String> TRAINING = Set.of("queued", "running");
  private static final Set<String> OPEN =
      Set.of("gating", "queued", "awaiting_approval", "duelling");
  private static final Duration RUN_LIMIT = Duration.ofMinutes(45);
  // a trainer on a busy machine may take minutes to begin
  private static final Duration START_LIMIT = Duration.ofMinutes(10);
  private static final Duration START_LIMIT_AFTER_FAILURE = Duration.ofSeconds(20);
  private static final Duration ROLLOUT_LIMIT = Duration.ofSeconds(10);
  // trainer and gateway look for votes every 2 s
  private static final Duration POLL = Duration.ofMillis(2_500);
  private static final int LEAST_FOR_A_RUN = 25;
  private static final Duration SAY_EVERY = Duration.ofSeconds(5);

  private final LabGateway gateway;
  private final Consumer<String> progress;
  private final SequencedMap<String, JsonNode> runs = new LinkedHashMap<>();
  private final Map<String, JsonNode> rollouts = new LinkedHashMap<>();
  private final Map<String, Instant> succeededAt = new LinkedHashMap<>();
  private final List<JsonNode> ended = new ArrayList<>();
  // a run that did not come in time, as while failed runs back off, is not waited for again
  private boolean gaveUp;
  private boolean withoutLearning;
  private int usableAtLastRun;

  LoopWatcher(LabGateway gateway, Consumer<String> progress) {
    this.gateway = gateway;
    this.progress = progress;
  }

  /**
   * Waits until a duel has counted the last votes, and no run or gate is under way or due.
   *
   * @param usable usable votes so far
   */
  void settle(int usable) throws IOException, InterruptedException {
    if (look()) {
      usableAtLastRun = usable;
    }
    awaitLook(usable);
    Instant begun = Instant.now();
    Instant said = begun;
    while (Instant.now().isBefore(begun.plus(RUN_LIMIT))) {
      boolean busy = look();
      if (busy) {
        usableAtLastRun = usable;
      }
      boolean due = !gaveUp && !busy && missingVotes() == 0;
      if (!busy && !due) {
        return;
      }
      if (due && Instant.now().isAfter(begun.plus(startLimit()))) {
        progress.accept("   no run began though one was due");
        gaveUp = true;
        return;
      }
      if (Instant.now().isAfter(said.plus(SAY_EVERY))) {
        said = Instant.now();
        progress.accept("   " + describe(busy));
      }
      Thread.sleep(200);
    }
    throw new IOException("a run or gate is not over after " + RUN_LIMIT);
  }

  private Duration startLimit() {
    boolean failed =
        !runs.isEmpty() && runs.lastEntry().getValue().path("status").asText().equals("failed");
    return failed ? START_LIMIT_AFTER_FAILURE : START_LIMIT;
  }

  /**
   * Waits until the gateway has looked at the votes of an open duel or, where it does not say what
   * it waits for, the trainer at those that may start a run.
   */
  private void awaitLook(int usable) throws IOException, InterruptedException {
    String before = openDuels();
    boolean run = withoutLearning && usable - usableAtLastRun >= LEAST_FOR_A_RUN;
    if (before.isEmpty() && !run) {
      return;
    }
    Instant limit = Instant.now().plus(POLL);
    while (Instant.now().isBefore(limit)
        && !look()
        && (before.isEmpty() || openDuels().equals(before))) {
      Thread.sleep(100);
    }
  }

  /** The open duels and their votes. */
  private String openDuels() {
    StringBuilder open = new StringBuilder();
    for (JsonNode rollout : rollouts.values()) {
      if (rollout.path("status").asText().equals("duelling")) {
        open.append(rollout.path("id").asText())
            .append(' ')
            .append(counted(rollout.path("duel")))
            .append('\n');
      }
    }
    return open.toString();
  }

  /** The counted votes of a duel and, where there are some, its ratings: good of all, per arm. */
  static String counted(JsonNode duel) {
    String votes = duel.path("wins").asInt() + ":" + duel.path("losses").asInt();
    JsonNode ratings = duel.path("ratings");
    int up = ratings.path("candidate_up").asInt();
    int otherUp = ratings.path("champion_up").asInt();
    int all = up + ratings.path("candidate_down").asInt();
    int others = otherUp + ratings.path("champion_down").asInt();
    return all + others == 0
        ? votes
        : "%s, %d/%d and %d/%d thumbs up".formatted(votes, up, all, otherUp, others);
  }

  private String describe(boolean busy) {
    for (JsonNode run : runs.values()) {
      if (run.path("status").asText().equals("running")) {
        int step = run.at("/metrics/step").asInt(0);
        return run.path("pairs").asInt() + " pairs in training, step " + step;
      }
    }
    return busy ? "waiting for the gate" : "waiting for a run";
  }

  /**
   * Usable votes that are missing until the next run; a number nobody reaches when the gateway does
   * not say.
   */
  int missingVotes() throws IOException, InterruptedException {
    if (withoutLearning) {
      return Integer.MAX_VALUE;
    }
    LabGateway.Answer answer = gateway.ask("operator", "/learning");
    if (answer.status() != 200) {
      withoutLearning = answer.status() == 404;
      return Integer.MAX_VALUE;
    }
    JsonNode next = answer.body().path("next_run_at_votes");
    if (!next.isNumber() || answer.body().path("paused").asBoolean()) {
      return Integer.MAX_VALUE;
    }
    // Two ratings count as a vote.
    int size =
        answer.body().at("/pool/usable").asInt()
            + answer.body().at("/pool/ratings/usable").asInt() / 2;
    return Math.max(0, next.asInt() - size);
  }

  /** Notes what changed; returns whether a run or a gate is under way. */
  boolean look() throws IOException, InterruptedException {
    boolean busy = false;
    for (JsonNode run : oldestFirst("/training/runs?limit=20")) {
      busy |= TRAINING.contains(run.path("status").asText());
      note(run);
    }
    boolean duelling = false;
    for (JsonNode rollout : oldestFirst("/rollouts?limit=20")) {
      busy |= rollout.path("status").asText().equals("gating");
      duelling |= rollout.path("status").asText().equals("duelling");
      noteRollout(rollout);
    }
    return busy || (!duelling && awaitsRollout());
  }

  private void note(JsonNode run) {
    JsonNode before = runs.put(run.path("id").asText(), run);
    String status = run.path("status").asText();
    if (before == null) {
      gaveUp = false;
    }
    if (before == null || !before.path("status").asText().equals(status)) {
      if (status.equals("succeeded")) {
        succeededAt.put(run.path("id").asText(), Instant.now());
      }
      if (!TRAINING.contains(status)) {
        progress.accept(
            "   run %s: %d pairs, %s %s"
                .formatted(
                    status,
                    run.path("pairs").asInt(),
                    run.path("policy").asText("-"),
                    run.path("reason").asText("")));
      }
    }
  }

  private void noteRollout(JsonNode rollout) {
    JsonNode before = rollouts.put(rollout.path("id").asText(), rollout);
    String status = rollout.path("status").asText();
    if (before != null && before.path("status").asText().equals(status)) {
      return;
    }
    progress.accept(
        String.format(
            Locale.ROOT,
            "   %s against %s: %s, %s %s",
            rollout.path("policy").asText(),
            rollout.path("champion").asText(),
            status,
            counted(rollout.path("duel")),
            rollout.path("reason").asText("")));
    if (!OPEN.contains(status)
        && (before == null || OPEN.contains(before.path("status").asText()))) {
      ended.add(rollout);
    }
  }

  private boolean awaitsRollout() {
    Instant now = Instant.now();
    return succeededAt.entrySet().stream()
        .filter(run -> run.getValue().plus(ROLLOUT_LIMIT).isAfter(now))
        .anyMatch(
            run ->
                rollouts.values().stream()
                    .filter(r -> !r.path("status").asText().equals("queued"))
                    .noneMatch(r -> r.path("run_id").asText().equals(run.getKey())));
  }

  /** Rollouts that have ended since the last call. */
  List<JsonNode> takeEnded() {
    List<JsonNode> taken = List.copyOf(ended);
    ended.clear();
    return taken;
  }

  /** All runs that were seen, as they were last. */
  List<JsonNode> runs() {
    return List.copyOf(runs.values());
  }

  /** All rollouts that were seen, as they were last. */
  List<JsonNode> rollouts() {
    return List.copyOf(rollouts.values());
  }

  private List<JsonNode> oldestFirst(String path) throws IOException, InterruptedException {
    JsonNode items = gateway.get("operator", path).path("items");
    return StreamSupport.stream(items.spliterator(), false).toList().reversed();
  }
}
