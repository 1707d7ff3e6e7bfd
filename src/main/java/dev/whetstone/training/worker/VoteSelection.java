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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/**
 * Selects the votes of a run: new ones, a replay of older ones against forgetting, none on answers
 * of outdated versions, and not too many of one user or on one prompt.
 *
 * @param replay share of the selection that older votes make up, in [0, 1)
 * @param window how many versions older than the champion the newer policy of a pair may be
 * @param userShare maximum share of the votes of one user, in (0, 1]; with too few users for that,
 *     each gets the same number
 * @param promptShare maximum share of the votes on one prompt, in (0, 1]; likewise
 * @param maxVotes maximum number of votes
 */
record VoteSelection(
    double replay, int window, double userShare, double promptShare, int maxVotes) {
  VoteSelection {
    Checks.require(replay >= 0 && replay < 1, "replay must be in [0, 1)");
    Checks.require(window >= 0, "window must not be negative");
    Checks.require(userShare > 0 && userShare <= 1, "user-share must be in (0, 1]");
    Checks.require(promptShare > 0 && promptShare <= 1, "prompt-share must be in (0, 1]");
    Checks.require(maxVotes >= 1, "most-pairs must be positive");
  }

  /**
   * Selects votes; the result is in the order they were cast.
   *
   * @param votes usable votes in that order
   * @param lastConsidered seq of the newest vote that an earlier run considered; if none is newer,
   *     the older votes are used again
   * @param champion number of the version that serves
   * @param seed of the draw among older votes
   */
  List<TrainingVote> select(
      List<TrainingVote> votes, long lastConsidered, int champion, long seed) {
    List<TrainingVote> recent =
        votes.stream()
            .filter(
                vote ->
                    vote.newestPolicyNumber() < 0 || vote.newestPolicyNumber() >= champion - window)
            .toList();
    List<TrainingVote> fresh =
        newest(capShares(recent.stream().filter(v -> v.seq() > lastConsidered).toList()));
    List<TrainingVote> older =
        new ArrayList<>(capShares(recent.stream().filter(v -> v.seq() <= lastConsidered).toList()));
    if (fresh.isEmpty()) {
      return newest(older);
    }
    int replayed = (int) Math.round(fresh.size() * replay / (1 - replay));
    Collections.shuffle(older, new Random(seed));
    List<TrainingVote> all = new ArrayList<>(fresh);
    all.addAll(
        older.subList(0, Math.min(older.size(), Math.min(replayed, maxVotes - fresh.size()))));
    all.sort(Comparator.comparingLong(TrainingVote::seq));
    // A share that was kept in each part may be exceeded in the whole.
    return capShares(all);
  }

  private List<TrainingVote> newest(List<TrainingVote> votes) {
    return votes.subList(Math.max(0, votes.size() - maxVotes), votes.size());
  }

  private List<TrainingVote> capShares(List<TrainingVote> votes) {
    List<TrainingVote> ofPrompts =
        capGroups(votes, vote -> IntBuffer.wrap(vote.prompt()), promptShare);
    return capGroups(ofPrompts, TrainingVote::user, userShare);
  }

  /** Drops the oldest votes of each group that exceeds the share. */
  private static List<TrainingVote> capGroups(
      List<TrainingVote> votes, Function<TrainingVote, Object> group, double share) {
    Map<Object, Integer> groups = new HashMap<>();
    votes.forEach(vote -> groups.merge(group.apply(vote), 1, Integer::sum));
    int cap = cap(List.copyOf(groups.values()), share);
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

  /** The sha256 of a list's ids and tokens, which identifies it. */
  static String hash(List<TrainingVote> votes) {
    MessageDigest digest = Sha256.digest();
    for (TrainingVote vote : votes) {
      String line =
          vote.preferenceId()
              + List.of(vote.prompt(), vote.chosen(), vote.rejected()).stream()
                  .map(Arrays::toString)
                  .reduce("", String::concat)
              + "\n";
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
