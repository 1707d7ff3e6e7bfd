package dev.whetstone.testing;

import static java.time.Duration.ofMinutes;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.lab.SentimentScore;
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
 * Simulated users who prefer praise until {@link #prefer} changes that. They chat and vote all the
 * time, also while a process is down: they repeat the vote on a pair they were shown until it is
 * acknowledged.
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
  private static final int VOTERS = 4;
  private static final Duration RETRY_PAUSE = Duration.ofMillis(100);

  private final Supplier<LabGateway> gateway;
  private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
  private final Queue<String> unexpected = new ConcurrentLinkedQueue<>();
  private final AtomicInteger nextUser = new AtomicInteger();
  private final AtomicInteger decided = new AtomicInteger();
  private final AtomicBoolean running = new AtomicBoolean(true);
  private final List<Thread> threads = new ArrayList<>();
  private volatile Duration pause = Duration.ZERO;
  private volatile BinaryOperator<String> choice = SentimentScore::choice;

  /** Starts voting. */
  public Voters(Supplier<LabGateway> gateway) {
    this.gateway = gateway;
    for (int i = 0; i < VOTERS; i++) {
      threads.add(Thread.ofVirtual().name("voter-" + i).start(this::run));
    }
  }

  /** Ids of the votes that were acknowledged. */
  public List<String> acknowledged() {
    return List.copyOf(acknowledged);
  }

  /** Error answers that no fault injected into a process explains. */
  public List<String> unexpected() {
    return List.copyOf(unexpected);
  }

  /** Sets the pause of each voter between two votes. */
  public void setPause(Duration between) {
    pause = between;
  }

  /** Sets how they choose: a function from the texts of both sides to a, b or tie. */
  public void prefer(BinaryOperator<String> choice) {
    this.choice = choice;
  }

  /** Waits for more votes that prefer one side. */
  public void awaitDecided(int more) {
    int goal = decided.get() + more;
    await().atMost(ofMinutes(10)).until(() -> decided.get() >= goal || !unexpected.isEmpty());
  }

  private void run() {
    while (running.get()) {
      int number = nextUser.getAndIncrement();
      String user = "user-" + number;
      JsonNode pair =
          postUntilAnswered("/generate", ask(user, PROMPTS.get(number % PROMPTS.size())), false);
      if (pair != null) {
        String side = choice.apply(pair.at("/a/text").asText(), pair.at("/b/text").asText());
        JsonNode vote =
            postUntilAnswered(
                "/preferences",
                Map.of("pair_id", pair.path("pair_id").asText(), "user", user, "choice", side),
                true);
        if (vote != null) {
          acknowledged.add(vote.path("preference_id").asText());
          decided.addAndGet(side.equals("tie") ? 0 : 1);
        }
      }
      sleep(pause);
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

  /** Posts until there is an answer; null if the voters stop first, except for a pair on show. */
  private @Nullable JsonNode postUntilAnswered(
      String path, Map<String, Object> body, boolean shown) {
    while (true) {
      try {
        LabGateway.Answer answer = gateway.get().post("chat", path, body);
        if (answer.status() < 300) {
          return answer.body();
        }
        // without the database no pair is offered and no vote is stored, and the answer is a 503
        if (answer.status() != 503) {
          unexpected.add(path + " answered " + answer.status() + ": " + answer.body());
          return null;
        }
      } catch (IOException unreachable) {
        // try again, perhaps with a restarted gateway
      } catch (InterruptedException ended) {
        return null;
      }
      if (!running.get() && !shown) {
        return null;
      }
      sleep(RETRY_PAUSE);
    }
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops the voters once the vote that each is casting is acknowledged. */
  @Override
  public void close() {
    running.set(false);
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
