package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One start: simulated users of one gateway, and what they and its operator see. */
public final class LabSession {
  private static final int STEP = 10;
  private static final int SAY_EVERY = 50;
  private static final int MAX_TOKENS = 128;
  // ten pairs cannot tell 60:40 from even
  private static final int CANDIDATE_PAIRS = 100;
  private static final int CHAMPION_PAIRS = 200;

  /** Lets a number of users vote at once. */
  @FunctionalInterface
  private interface Round {
    void vote(int number) throws IOException, InterruptedException;
  }

  /** Whether to stop voting. */
  @FunctionalInterface
  public interface Stop {
    Stop NEVER = () -> false;

    boolean now() throws IOException, InterruptedException;
  }

  private final LabGateway gateway;
  private final long seed;
  private final Consumer<String> progress;
  private final Random random;
  private final Dice dice;
  private final LoopWatcher watcher;
  private final Measures measures;
  private final Instant began = Instant.now();
  private final AtomicInteger usable = new AtomicInteger();
  private final List<LabRow.Promotion> promotions = new ArrayList<>();
  private final List<LabRow.Look> looks = new ArrayList<>();
  private final Map<String, LabRow.Candidate> candidates = new LinkedHashMap<>();
  private final Map<String, Double> extra = new TreeMap<>();
  private final TreeSet<Integer> checkpoints = new TreeSet<>();
  private @Nullable Taste lastTruth;
  private int votes;
  private int maxTokens = MAX_TOKENS;
  private boolean looksAtReviews = true;

  LabSession(LabGateway gateway, long seed, Consumer<String> progress) {
    this.gateway = gateway;
    this.seed = seed;
    this.progress = progress;
    this.random = new Random(seed);
    this.dice = new Dice(seed);
    this.watcher = new LoopWatcher(gateway, progress);
    this.measures = new Measures(gateway, new Random(~seed));
  }

  /** The gateway that is played against. */
  public LabGateway gateway() {
    return gateway;
  }

  Measures measures() {
    return measures;
  }

  long seed() {
    return seed;
  }

  int votes() {
    return votes;
  }

  List<LabRow.Promotion> promotions() {
    return promotions;
  }

  /** Tells the progress. */
  public void say(String line) {
    progress.accept(line);
  }

  /** Looks at the champion after these numbers of votes. */
  void lookAfter(List<Integer> numbers) {
    checkpoints.addAll(numbers);
  }

  /** For a model that does not write reviews: another limit of tokens, no looks at reviews. */
  void answerQuestions(int tokens) {
    maxTokens = tokens;
    looksAtReviews = false;
  }

  /** Adds a figure of this scenario alone. */
  void note(String name, double value) {
    extra.put(name, value);
  }

  /**
   * Lets users vote until there are so many more votes.
   *
   * @param truth the taste by which ended candidates are measured; null where there is none
   * @param stop ends the votes early
   */
  public void drive(int more, Crowd crowd, @Nullable Taste truth, Stop stop)
      throws IOException, InterruptedException {
    play(more, number -> vote(number, crowd), truth, stop);
  }

  /** Lets users press so many more thumbs on single answers. */
  void drive(int more, Thumbs users, Taste truth) throws IOException, InterruptedException {
    play(more, number -> press(number, users), truth, Stop.NEVER);
  }

  private void play(int more, Round round, @Nullable Taste truth, Stop stop)
      throws IOException, InterruptedException {
    lastTruth = truth;
    int until = votes + more;
    while (votes < until && !stop.now()) {
      int said = votes / SAY_EVERY;
      round.vote(Math.min(step(), until - votes));
      if (votes / SAY_EVERY > said) {
        progress.accept("   %d votes, %d usable; %s".formatted(votes, usable.get(), duel()));
      }
      watcher.settle(usable.get());
      judgeEnded(truth);
      if (checkpoints.contains(votes)) {
        look(Integer.toString(votes));
      }
    }
  }

  /** Votes at once: no further than the next checkpoint and not far beyond the next run's start. */
  private int step() throws IOException, InterruptedException {
    Integer checkpoint = checkpoints.higher(votes);
    int step = checkpoint == null ? STEP : Math.min(STEP, checkpoint - votes);
    return Math.max(1, Math.min(step, watcher.missingVotes()));
  }

  private void vote(int number, Crowd crowd) throws IOException, InterruptedException {
    record Numbered(Crowd.Turn turn, RandomGenerator random) {}
    List<Numbered> turns = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      turns.add(new Numbered(crowd.next(random), dice.next()));
    }
    ParallelCalls.map(turns, one -> vote(one.turn(), one.random()));
    votes += number;
  }

  private void press(int number, Thumbs users) throws IOException, InterruptedException {
    List<Thumbs.Turn> turns = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      turns.add(users.next(random));
    }
    ParallelCalls.map(turns, turn -> press(users, turn));
    votes += number;
  }

  private String press(Thumbs users, Thumbs.Turn turn) throws IOException, InterruptedException {
    JsonNode answer =
        gateway.postForJson(
            "chat",
            "/generate",
            Map.of(
                "messages", List.of(Map.of("role", "user", "content", turn.question())),
                "max_tokens", maxTokens,
                "user", turn.user()));
    String rating = users.press(turn.user(), answer.at("/completion/text").asText());
    gateway.postForJson(
        "chat",
        "/feedback",
        Map.of("completion_id", answer.path("id").asText(), "rating", rating, "user", turn.user()));
    usable.incrementAndGet();
    return rating;
  }

  private String vote(Crowd.Turn turn, RandomGenerator dice)
      throws IOException, InterruptedException {
    Map<String, Object> question = new HashMap<>();
    question.put("messages", List.of(Map.of("role", "user", "content", turn.question())));
    question.put("pair", true);
    question.put("max_tokens", maxTokens);
    Map<String, Object> vote = new HashMap<>();
    if (turn.user() != null) {
      question.put("user", turn.user());
      vote.put("user", turn.user());
    }
    JsonNode pair = gateway.postForJson(turn.key(), "/generate", question);
    String a = pair.at("/a/text").asText();
    String b = pair.at("/b/text").asText();
    String choice = turn.ballot().choose(a, b, dice);
    vote.put("pair_id", pair.path("pair_id").asText());
    vote.put("choice", choice);
    gateway.postForJson(turn.key(), "/preferences", vote);
    if (choice.length() == 1 && !a.equals(b)) {
      usable.incrementAndGet();
    }
    return choice;
  }

  private String duel() {
    return watcher.rollouts().stream()
        .filter(r -> r.path("status").asText().equals("duelling"))
        .map(
            r ->
                "%s duels %s"
                    .formatted(r.path("policy").asText(), LoopWatcher.counted(r.path("duel"))))
        .findFirst()
        .orElse("no duel");
  }

  private void judgeEnded(@Nullable Taste truth) throws IOException, InterruptedException {
    for (JsonNode rollout : watcher.takeEnded()) {
      String version = rollout.path("policy").asText();
      boolean promoted = rollout.path("status").asText().equals("promoted");
      if (promoted) {
        promotions.add(new LabRow.Promotion(version, votes, usable.get(), seconds()));
      }
      candidates.put(rollout.path("id").asText(), candidate(rollout, truth, promoted));
    }
  }

  private LabRow.Candidate candidate(JsonNode rollout, @Nullable Taste truth, boolean promoted)
      throws IOException, InterruptedException {
    String version = rollout.path("policy").asText();
    String champion = rollout.path("champion").asText();
    int pairs = promoted ? CHAMPION_PAIRS : CANDIDATE_PAIRS;
    LabRow.Match match =
        truth == null || !looksAtReviews ? null : measures.match(version, champion, pairs, truth);
    if (match != null) {
      progress.accept(
          "   in truth %s wins %d:%d against %s"
              .formatted(version, match.wins(), match.losses(), champion));
    }
    return new LabRow.Candidate(
        version,
        champion,
        rollout.path("status").asText(),
        rollout.path("reason").asText(null),
        votes,
        rollout.at("/duel/wins").asInt(),
        rollout.at("/duel/losses").asInt(),
        match);
  }

  /** The version that serves now. */
  public String champion() throws IOException, InterruptedException {
    for (JsonNode policy : gateway.get("operator", "/policies").path("items")) {
      for (JsonNode alias : policy.path("aliases")) {
        if (alias.asText().equals("champion")) {
          return policy.path("version").asText();
        }
      }
    }
    throw new IOException("no version is champion");
  }

  private void look(String label) throws IOException, InterruptedException {
    if (!looksAtReviews) {
      return;
    }
    LabRow.Look look = measures.look(label, champion());
    looks.add(look);
    progress.accept(
        "   champion %s at %s votes: praise %.2f, KL %.1f"
            .formatted(look.version(), label, look.praise(), look.kl()));
  }

  private double seconds() {
    return Duration.between(began, Instant.now()).toMillis() / 1000.0;
  }

  /** Takes a last look and sums up. */
  LabRow end(Scenario scenario, String commit, String cpu, Map<String, String> settings)
      throws IOException, InterruptedException {
    watcher.look();
    judgeEnded(lastTruth);
    look("end");
    return row(scenario, commit, cpu, settings, null);
  }

  /** What there is, for a start that could not be played to its end. */
  LabRow row(
      Scenario scenario,
      String commit,
      String cpu,
      Map<String, String> settings,
      @Nullable String failed) {
    return new LabRow(
        scenario.name(),
        seed,
        commit,
        cpu,
        new TreeMap<>(settings),
        began.toString(),
        seconds(),
        votes,
        usable.get(),
        List.copyOf(promotions),
        List.copyOf(looks),
        List.copyOf(candidates.values()),
        byStatus(watcher.runs()),
        watcher.runs().stream()
            .filter(run -> run.path("status").asText().equals("failed"))
            .map(run -> run.path("reason").asText(""))
            .toList(),
        byStatus(watcher.rollouts()),
        extra,
        failed);
  }

  private static Map<String, Integer> byStatus(List<JsonNode> items) {
    Map<String, Integer> counts = new TreeMap<>();
    items.forEach(item -> counts.merge(item.path("status").asText(), 1, Integer::sum));
    return counts;
  }
}
