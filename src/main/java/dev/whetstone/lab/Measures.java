package dev.whetstone.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** What a version is like, asked of the gateway with an operator's key. */
final class Measures {
  private static final int ANSWERS = 200;
  private static final int FIRST_SEED = 777_000;
  private static final int MAX_TOKENS = 128;
  private static final double TRIMMED = 0.02;

  private record Answer(String text, boolean ended, double kl) {}

  private record Question(String text, long seed) {}

  private final LabGateway gateway;
  private final RandomGenerator random;

  Measures(LabGateway gateway, RandomGenerator random) {
    this.gateway = gateway;
    this.random = random;
  }

  /** Looks at seeded answers of a version, the same seeds each time. */
  LabRow.Look look(String label, String version) throws IOException, InterruptedException {
    List<Question> questions =
        IntStream.range(0, ANSWERS)
            .mapToObj(i -> new Question(question(Crowd.REVIEW_QUESTIONS, i), FIRST_SEED + i))
            .toList();
    List<Answer> answers = ParallelCalls.map(questions, asked -> scored(asked, version));
    List<Double> kl = answers.stream().map(Answer::kl).sorted().toList();
    int cut = (int) (TRIMMED * kl.size());
    return new LabRow.Look(
        label,
        version,
        mean(answers, a -> SentimentScore.of(a.text())),
        mean(kl, k -> k),
        mean(kl.subList(cut, kl.size() - cut), k -> k),
        mean(answers, a -> a.text().strip().split("\\s+").length),
        (double) new HashSet<>(answers.stream().map(Answer::text).toList()).size() / ANSWERS,
        mean(answers, a -> a.ended() ? 1 : 0));
  }

  /** Lets two versions answer the same questions, and a taste choose. */
  LabRow.Match match(String one, String other, int pairs, Taste taste)
      throws IOException, InterruptedException {
    return match(one, other, pairs, taste, Crowd.REVIEW_QUESTIONS, MAX_TOKENS);
  }

  LabRow.Match match(
      String one, String other, int pairs, Taste taste, List<String> questions, int maxTokens)
      throws IOException, InterruptedException {
    int first = random.nextInt(questions.size());
    long seed = random.nextInt(1_000_000_000);
    List<Integer> numbers = IntStream.range(0, pairs).boxed().toList();
    List<String> votes =
        ParallelCalls.map(
            numbers,
            i -> {
              String asked = question(questions, first + i);
              return taste.choose(
                  text(answer(new Question(asked, seed + 2 * i), one, maxTokens)),
                  text(answer(new Question(asked, seed + 2 * i + 1), other, maxTokens)));
            });
    int wins = (int) votes.stream().filter("a"::equals).count();
    int losses = (int) votes.stream().filter("b"::equals).count();
    return new LabRow.Match(wins, losses, pairs - wins - losses);
  }

  private Answer scored(Question question, String version)
      throws IOException, InterruptedException {
    JsonNode answer = answer(question, version, MAX_TOKENS);
    boolean ended = answer.at("/completion/finish_reason").asText().equals("stop");
    String text = text(answer);
    if (text.isEmpty() || version.equals("v0")) {
      return new Answer(text, ended, 0);
    }
    JsonNode score =
        gateway.postForJson(
            "operator",
            "/score",
            Map.of("messages", messages(question.text()), "completion", text, "policy", version));
    double kl = score.path("logp").asDouble() - score.path("reference_logp").asDouble();
    return new Answer(text, ended, kl);
  }

  private JsonNode answer(Question question, String version, int maxTokens)
      throws IOException, InterruptedException {
    return gateway.postForJson(
        "operator",
        "/generate",
        Map.of(
            "messages",
            messages(question.text()),
            "seed",
            question.seed(),
            "policy",
            version,
            "max_tokens",
            maxTokens));
  }

  private static List<Map<String, String>> messages(String question) {
    return List.of(Map.of("role", "user", "content", question));
  }

  private static String text(JsonNode answer) {
    return answer.at("/completion/text").asText();
  }

  private static String question(List<String> questions, int number) {
    return questions.get(number % questions.size());
  }

  private static <T> double mean(List<T> values, ToDoubleFunction<T> figure) {
    return values.stream().mapToDouble(figure).average().orElse(0);
  }
}
