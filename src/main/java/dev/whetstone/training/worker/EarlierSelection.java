package dev.whetstone.training.worker;

import dev.whetstone.dpo.data.PairDigest;
import dev.whetstone.dpo.data.ValidationSplit;
import dev.whetstone.io.Sha256;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What versions up to 0.2 froze: their votes had neither part nor weight, and each run held out a
 * share of its own conversations. A run that was under way at an upgrade goes on with that split.
 */
final class EarlierSelection {
  /**
   * The votes with the parts that such a run gave them; empty when the list is another one.
   *
   * @param share of the votes that the run held out
   * @param hash of the list that the run stored
   */
  static Optional<List<TrainingVote>> parts(List<TrainingVote> frozen, double share, String hash) {
    if (!hash(frozen).equals(hash)) {
      return Optional.empty();
    }
    Set<String> heldOut =
        ValidationSplit.of(frozen, share, vote -> new PairDigest().add(vote.conversation()))
            .validation()
            .stream()
            .map(TrainingVote::preferenceId)
            .collect(Collectors.toSet());
    return Optional.of(
        frozen.stream()
            .map(
                vote ->
                    vote.withPart(heldOut.contains(vote.preferenceId()) ? Part.SELECT : Part.TRAIN))
            .toList());
  }

  private static String hash(List<TrainingVote> votes) {
    MessageDigest digest = Sha256.digest();
    for (TrainingVote vote : votes) {
      digest.update(VoteSelection.line(vote, ""));
    }
    return Sha256.hex(digest);
  }

  private EarlierSelection() {}
}
