package dev.whetstone.testing.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.history.Models.LeaseCall;
import dev.whetstone.testing.history.Models.VoteCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file of calls, one a line, as {@code load-tests/siege} records them: {@code kind} (vote, lease
 * or champion), {@code key} (the pair), {@code begun} and {@code ended} in nanoseconds, {@code in}
 * and {@code out}. Without {@code ended} no answer came. Calls on different pairs have nothing to
 * do with each other and are judged apart.
 */
public final class RecordedHistory {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, List<Operation<VoteCall, String>>> votes = new TreeMap<>();
  private final Map<String, List<Operation<LeaseCall, Boolean>>> leases = new TreeMap<>();
  private final List<Operation<@Nullable String, String>> champion = new ArrayList<>();

  private RecordedHistory() {}

  /** Reads a file. */
  public static RecordedHistory read(Path file) throws IOException {
    RecordedHistory history = new RecordedHistory();
    try (Stream<String> lines = Files.lines(file)) {
      for (String line : (Iterable<String>) lines::iterator) {
        history.add(JSON.readTree(line));
      }
    }
    return history;
  }

  private void add(JsonNode call) {
    String key = call.path("key").asText();
    String in = call.hasNonNull("in") ? call.get("in").asText() : null;
    String out = call.hasNonNull("out") ? call.get("out").asText() : null;
    long begun = call.path("begun").longValue();
    long ended = call.path("ended").asLong(Long.MAX_VALUE);
    String kind = call.path("kind").asText();
    switch (kind) {
      case "vote" ->
          votes
              .computeIfAbsent(key, _ -> new ArrayList<>())
              .add(new Operation<>(begun, ended, new VoteCall(key, in), out));
      case "lease" ->
          leases
              .computeIfAbsent(key, _ -> new ArrayList<>())
              .add(
                  new Operation<>(
                      begun,
                      ended,
                      new LeaseCall(String.valueOf(in), call.path("acquire").asBoolean()),
                      out == null ? null : Boolean.valueOf(out)));
      case "champion" -> champion.add(new Operation<>(begun, ended, in, out));
      default -> throw new IllegalArgumentException("a call of an unknown kind: " + call);
    }
  }

  /** How many calls there are. */
  public int size() {
    return champion.size() + sum(votes) + sum(leases);
  }

  private static <T> int sum(Map<String, List<T>> histories) {
    return histories.values().stream().mapToInt(List::size).sum();
  }

  /** What cannot be explained by calls one after another; empty where all is well. */
  public List<String> faults() {
    List<String> faults = new ArrayList<>();
    votes.forEach(
        (pair, calls) -> {
          if (!Linearizability.holds(new Models.Votes(), calls)) {
            faults.add("votes on " + pair + ": " + calls);
          }
        });
    leases.forEach(
        (pair, calls) -> {
          if (!Linearizability.holds(new Models.Lease(), calls)) {
            faults.add("leases of " + pair + ": " + calls);
          }
        });
    if (!Linearizability.holds(new Models.Register("v0"), champion)) {
      faults.add("the champion, in " + champion.size() + " calls");
    }
    return faults;
  }

  /** Judges the file that is named; exit code 1 where something cannot be explained. */
  public static void main(String[] arguments) throws IOException {
    RecordedHistory history = read(Path.of(arguments[0]));
    List<String> faults = history.faults();
    System.out.printf(
        "%d calls: %d pairs with votes, %d leased pairs, %d calls of the champion; %d faults%n",
        history.size(),
        history.votes.size(),
        history.leases.size(),
        history.champion.size(),
        faults.size());
    faults.forEach(System.out::println);
    System.exit(faults.isEmpty() ? 0 : 1);
  }
}
