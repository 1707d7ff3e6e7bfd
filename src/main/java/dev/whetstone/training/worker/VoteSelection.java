package dev.whetstone.training.worker;

import dev.whetstone.io.Sha256;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.settings.Checks;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Selects the votes of a run from the pool: all usable ones, newest first, whatever became of
 * earlier candidates, but not too many of one voter or on one prompt. Older votes weigh less.
 *
 * @param userShare maximum share of the votes of one voter, in (0, 1]; with too few for that, each
 *     gets the same number
 * @param promptShare maximum share of the votes on one prompt, in (0, 1]; likewise
 * @param maxVotes maximum number of votes
 * @param halfLife number of newer votes after which a vote weighs half
 */
public record VoteSelection(double userShare, double promptShare, int maxVotes, double halfLife) {
  /** So many votes of one voter or on one prompt are always taken: a pool may be one person's. */
  private static final int MIN_CAP = 50;

  public VoteSelection {
    Checks.require(userShare > 0 && userShare <= 1, "user-share must be in (0, 1]");
    Checks.require(promptShare > 0 && promptShare <= 1, "prompt-share must be in (0, 1]");
    Checks.require(maxVotes >= 1, "max-pairs must be positive");
    Checks.require(halfLife > 0, "half-life must be positive");
  }

  /**
   * Selects votes; the result is in the order they were cast, with weights whose mean is that of
   * the votes' own.
   *
   * @param votes usable votes in that order
   * @param maxTokens maximum of the tokens of all votes, newest first; at least one vote is taken
   */
  public List<TrainingVote> select(List<TrainingVote> votes, long maxTokens) {
    List<TrainingVote> capped = capShares(votes);
    List<TrainingVote> fitting = new ArrayList<>();
    long tokens = 0;
    for (TrainingVote vote : capped.reversed()) {
      tokens += vote.tokens();
      if (!fitting.isEmpty() && (tokens > maxTokens || fitting.size() == maxVotes)) {
        break;
      }
      fitting.add(vote);
    }
    return weigh(fitting).reversed();
  }

  private List<TrainingVote> weigh(List<TrainingVote> newestFirst) {
    double[] weights = new double[newestFirst.size()];
    for (int age = 0; age < weights.length; age++) {
      weights[age] = Math.pow(2, -age / halfLife);
    }
    double mean = Arrays.stream(weights).average().orElse(1);
    List<TrainingVote> weighed = new ArrayList<>();
    for (int age = 0; age < weights.length; age++) {
      TrainingVote vote = newestFirst.get(age);
      // as the database keeps it, so that a resumed run trains with the same weights
      weighed.add(vote.withWeight((float) (vote.weight() * weights[age] / mean)));
    }
    return weighed;
  }

  private List<TrainingVote> capShares(List<TrainingVote> votes) {
    List<TrainingVote> ofPrompts =
        capGroups(votes, vote -> IntBuffer.wrap(vote.prompt()), promptShare);
    return capGroups(ofPrompts, TrainingVote::voter, userShare);
  }

  /** Drops the oldest votes of each group that exceeds the share. */
  private static List<TrainingVote> capGroups(
      List<TrainingVote> votes, Function<TrainingVote, Object> group, double share) {
    Map<Object, Integer> groups = new HashMap<>();
    votes.forEach(vote -> groups.merge(group.apply(vote), 1, Integer::sum));
    int cap = Math.max(MIN_CAP, cap(List.copyOf(groups.values()), share));
    Map<Object, Integer> kept = new HashMap<>();
    List<TrainingVote> newestFirst = new ArrayList<>();
    for (TrainingVote vote : votes.reversed()) {
      if (kept.merge(group.apply(vote), 1, Integer::sum) <= cap) {
        newestFirst.add(vote);
      }
    }
    return List.copyOf(newestFirst.reversed());
  }

  /** The largest number of votes a group such that no group exceeds the share of what remains. */
  private static int cap(List<Integer> counts, double maxShare) {
    if (counts.isEmpty()) {
      return 0;
    }
    int cap = Collections.max(counts);
    double share = Math.max(maxShare, 1.0 / counts.size());
    while (cap > 1 && cap > share * remaining(counts, cap)) {
      cap--;
    }
    return cap;
  }

  private static int remaining(List<Integer> counts, int cap) {
    return counts.stream().mapToInt(count -> Math.min(count, cap)).sum();
  }

  /** The sha256 of a list's ids, parts, weights and tokens, which identifies it. */
  static String hash(List<TrainingVote> votes) {
    MessageDigest digest = Sha256.digest();
    for (TrainingVote vote : votes) {
      digest.update(line(vote, "" + vote.part() + vote.weight()));
    }
    return Sha256.hex(digest);
  }

  /** What a list's hash has of a vote: its id, what else is given, and its tokens. */
  static byte[] line(TrainingVote vote, String more) {
    String tokens =
        Stream.of(vote.prompt(), vote.chosen(), vote.rejected())
            .map(Arrays::toString)
            .collect(Collectors.joining());
    return (vote.preferenceId() + more + tokens + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
