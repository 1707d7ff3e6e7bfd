package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A real model, whose scripted raters like short, direct answers. What it learns is compared with
 * v0 on questions that nobody voted on, and by the perplexity of a text that is in no training.
 */
final class RealScenario implements Scenario {
  private static final int MAX_TOKENS = 200;
  private static final int NEW_QUESTIONS = 100;
  private static final int CONTEXT = 8;

  private final String name;
  private final Map<String, String> settings;
  private final int votes;

  RealScenario(String name, Map<String, String> settings, int votes) {
    this.votes = votes;
    this.name = name;
    this.settings = Map.copyOf(settings);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return "%d votes for short, direct answers of %s"
        .formatted(votes, settings.getOrDefault("WHETSTONE_MODEL", "the default model"));
  }

  @Override
  public Map<String, String> settings() {
    return settings;
  }

  @Override
  public void play(LabSession session) throws IOException, InterruptedException {
    session.answerQuestions(MAX_TOKENS);
    List<String> questions = lines("questions.txt");
    session.drive(
        votes,
        Crowd.of(questions, Taste.DIRECT, 0),
        Taste.DIRECT,
        () -> !session.promotions().isEmpty());
    String champion = session.champion();
    session.note("perplexity_v0", perplexity(session, "v0"));
    session.note("promoted", session.promotions().isEmpty() ? 0 : 1);
    if (champion.equals("v0")) {
      return;
    }
    session.note("perplexity_champion", perplexity(session, champion));
    LabRow.Match match =
        session
            .measures()
            .match(
                champion,
                "v0",
                NEW_QUESTIONS,
                Taste.DIRECT,
                lines("new-questions.txt"),
                MAX_TOKENS);
    session.note("wins_over_v0", match.wins());
    session.note("losses_to_v0", match.losses());
  }

  /** Of the held-out text, paragraph by paragraph, each after its own first tokens. */
  private static double perplexity(LabSession session, String version)
      throws IOException, InterruptedException {
    double logp = 0;
    int tokens = 0;
    for (String paragraph : lines("held-out.txt")) {
      int[] ids = ids(session, paragraph);
      Map<String, Object> request = new HashMap<>();
      request.put("prompt_ids", Arrays.copyOf(ids, CONTEXT));
      request.put("completion_ids", Arrays.copyOfRange(ids, CONTEXT, ids.length));
      request.put("policy", version);
      logp += session.gateway().postForJson("operator", "/score", request).path("logp").asDouble();
      tokens += ids.length - CONTEXT;
    }
    return Math.exp(-logp / tokens);
  }

  private static int[] ids(LabSession session, String text)
      throws IOException, InterruptedException {
    JsonNode answer = session.gateway().postForJson("operator", "/tokenize", Map.of("text", text));
    List<Integer> ids = new ArrayList<>();
    answer.path("ids").forEach(id -> ids.add(id.asInt()));
    return ids.stream().mapToInt(i -> i).toArray();
  }

  /** The lines of a text beside this class that are not empty. */
  static List<String> lines(String file) throws IOException {
    try (InputStream text = RealScenario.class.getResourceAsStream(file)) {
      if (text == null) {
        throw new IOException("the build lacks " + file);
      }
      return new String(text.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank())
          .toList();
    }
  }
}
