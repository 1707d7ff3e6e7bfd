package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** At most a twentieth of what a run trains on was written by people. */
class EditLimitTest {
  @Test
  void theNewestEditsAreKept() {
    List<TrainingVote> votes = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      votes.add(vote(i, true));
    }
    for (int i = 10; i < 48; i++) {
      votes.add(vote(i, false));
    }

    List<TrainingVote> kept = EditLimit.apply(votes, 0);

    assertThat(kept).hasSize(40);
    assertThat(kept.subList(0, 2)).extracting(TrainingVote::seq).containsExactly(8L, 9L);
    assertThat(EditLimit.count(kept)).isEqualTo(2);
    assertThat(kept).isSortedAccordingTo((a, b) -> Long.compare(a.seq(), b.seq()));
  }

  @Test
  void ratingsAreTrainedOnToo() {
    List<TrainingVote> edits = List.of(vote(1, true), vote(2, true), vote(3, true));
    assertThat(EditLimit.apply(edits, 0)).isEmpty();
    assertThat(EditLimit.apply(edits, 18)).isEmpty();
    assertThat(EditLimit.apply(edits, 38)).hasSize(2);
    assertThat(EditLimit.apply(edits, 1_000)).isEqualTo(edits);
  }

  private static TrainingVote vote(long seq, boolean edit) {
    return new TrainingVote(
        "pref_" + seq,
        seq,
        "key_1",
        "anna",
        "c" + seq,
        Part.TRAIN,
        edit,
        1,
        new int[] {1},
        new int[] {2},
        new int[] {3});
  }
}
