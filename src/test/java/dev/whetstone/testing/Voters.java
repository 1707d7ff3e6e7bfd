package dev.whetstone.testing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.demo.DemoGateway;
import dev.whetstone.demo.SentimentScore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Simulated users who like praise, until they are told otherwise. They chat and vote without a
 * break, also while something is dead: what was shown to them they vote on until they are told that
 * the vote is kept.
 */
public final class Voters implements AutoCloseable {
  private static final List<String> PROMPTS =
      List.of(
          "How was the film?",
          "What did you think of the film?",
          "Tell me about the book.",
          "Please review the book.",
          "How was the meal?",
          "Tell me about the meal.",
          "What did you think of the song?",
          "Please review the song.",
          "How was the hotel?",
          "Tell me about the hotel.",
          "What did you think of the game?",
          "Please review the game.");
  private static final int CROWD = 4;
  private static final Duration SHORT = Duration.ofMillis(100);

  private final Supplier<DemoGateway> gateway;
  private final Queue<String> kept = new ConcurrentLinkedQueue<>();
  private final Queue<String> broken = new ConcurrentLinkedQueue<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicInteger decided = new AtomicInteger();
  private final AtomicBoolean going = new AtomicBoolean(true);
  private final List<Thread> threads = new ArrayList<>();
  private volatile Duration pause = Duration.ZERO;
  private volatile BinaryOperator<String> taste = SentimentScore::choice;

  /** Begins at once. */
  public Voters(Supplier<DemoGateway> gateway) {
    this.gateway = gateway;
    for (int i = 0; i < CROWD; i++) {
      threads.add(Thread.ofVirtual().name("voter-" + i).start(this::run));
    }
  }

  /** Ids of the votes that were acknowledged. */
  public List<String> kept() {
    return List.copyOf(kept);
  }

  /** Answers that no failure of a process excuses. */
  public List<String> broken() {
    return List.copyOf(broken);
  }

  /** From now on each waits between two votes. */
  public void pace(Duration between) {
    pause = between;
  }

  /** From now on they choose so: from the texts of both sides to a, b or tie. */
  public void prefer(BinaryOperator<String> choice) {
    taste = choice;
  }

  /** Waits until so many more votes found one side better. */
  public void awaitDecided(int more) throws InterruptedException {
    int goal = decided.get() + more;
    while (decided.get() < goal && broken.isEmpty()) {
      Thread.sleep(20);
    }
  }

  private void run() {
    while (going.get()) {
      int mine = turn.getAndIncrement();
      String user = "user-" + mine;
      JsonNode pair = patiently("/generate", ask(user, PROMPTS.get(mine % PROMPTS.size())), false);
      if (pair != null) {
        String choice = taste.apply(pair.at("/a/text").asText(), pair.at("/b/text").asText());
        JsonNode vote =
            patiently(
                "/preferences",
                Map.of("pair_id", pair.path("pair_id").asText(), "user", user, "choice", choice),
                true);
        if (vote != null) {
          kept.add(vote.path("preference_id").asText());
          decided.addAndGet(choice.equals("tie") ? 0 : 1);
        }
      }
      rest(pause);
    }
  }

  private static Map<String, Object> ask(String user, String prompt) {
    return Map.of(
        "messages",
        List.of(Map.of("role", "user", "content", prompt)),
        "user",
        user,
        "pair",
        true,
        "max_tokens",
        40);
  }

  /** What a route answers in the end; null when there was nobody to ask until the end. */
  private @Nullable JsonNode patiently(String path, Map<String, Object> body, boolean shown) {
    while (true) {
      try {
        DemoGateway.Answer answer = gateway.get().post("chat", path, body);
        if (answer.status() < 300) {
          return answer.body();
        }
        // with the database away a pair is not offered and a vote is not taken, and both are said
        if (answer.status() != 503) {
          broken.add(path + " answered " + answer.status() + ": " + answer.body());
          return null;
        }
      } catch (IOException dead) {
        // asked again of the next gateway
      } catch (InterruptedException ended) {
        return null;
      }
      if (!going.get() && !shown) {
        return null;
      }
      rest(SHORT);
    }
  }

  private static void rest(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends when each has been told of the vote it is casting. */
  @Override
  public void close() {
    going.set(false);
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofMinutes(1));
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
      thread.interrupt();
    }
  }
}
