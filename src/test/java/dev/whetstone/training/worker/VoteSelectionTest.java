package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The votes that a run is trained on. */
class VoteSelectionTest {
  private static final VoteSelection SELECTION = new VoteSelection(0.2, 0.2, 1_000, 100);
  private static final long UNLIMITED = Long.MAX_VALUE;

  /** Runs used to take the newest 50 and a third as many of all older ones. */
  @Test
  void allVotesAreTrainedOnWhateverEarlierRunsDid() {
    List<TrainingVote> chosen = SELECTION.select(votes(400, 50), UNLIMITED);

    assertThat(chosen).hasSize(400);
    assertThat(chosen).isSortedAccordingTo((a, b) -> Long.compare(a.seq(), b.seq()));
  }

  @Test
  void aVoteWeighsHalfAfterAHalfLifeOfNewerOnes() {
    List<TrainingVote> chosen = SELECTION.select(votes(301, 50), UNLIMITED);

    assertThat(chosen.get(200).weight() / chosen.get(300).weight()).isCloseTo(0.5, within(1e-6));
    assertThat(chosen.get(0).weight() / chosen.get(300).weight()).isCloseTo(0.125, within(1e-6));
    assertThat(chosen.stream().mapToDouble(TrainingVote::weight).average().orElseThrow())
        .isCloseTo(1, within(1e-6));
  }

  @Test
  void theNewestAreTakenWhenTimeIsShort() {
    assertThat(SELECTION.select(votes(50, 50), 40))
        .extracting(TrainingVote::seq)
        .containsExactly(41L, 42L, 43L, 44L, 45L, 46L, 47L, 48L, 49L, 50L);
    assertThat(SELECTION.select(votes(50, 50), 1)).hasSize(1);
    assertThat(new VoteSelection(1, 1, 7, 100).select(votes(50, 50), UNLIMITED)).hasSize(7);
  }

  @Test
  void oneBusyUserIsCapped() {
    List<TrainingVote> votes = new ArrayList<>(votes(400, 10));
    for (int i = 401; i <= 2_000; i++) {
      votes.add(vote(i, "busy", i));
    }

    List<TrainingVote> chosen = SELECTION.select(votes, UNLIMITED);

    long busy = chosen.stream().filter(vote -> vote.user().equals("busy")).count();
    assertThat(busy).isEqualTo(100);
    assertThat(chosen).hasSize(500);
  }

  /** A second person's first vote used to take 48 of the first one's out of the pool. */
  @Test
  void aSecondUserTakesNothingFromAPoolOfOne() {
    List<TrainingVote> votes = new ArrayList<>(votes(49, 1));
    votes.add(vote(50, "another", 50));

    assertThat(SELECTION.select(votes, UNLIMITED)).hasSize(50);
  }

  @Test
  void oneRepeatedPromptIsCapped() {
    List<TrainingVote> votes = new ArrayList<>();
    for (int i = 1; i <= 400; i++) {
      votes.add(vote(i, "user" + i % 10, i % 10));
    }
    for (int i = 401; i <= 1_000; i++) {
      votes.add(vote(i, "user" + i, 7_000));
    }

    assertThat(SELECTION.select(votes, UNLIMITED))
        .filteredOn(vote -> vote.prompt()[0] == 7_000)
        .hasSize(100);
  }

  @Test
  void theHashNamesTheListItsWeightsAndItsTokens() {
    List<TrainingVote> votes = votes(5, 5);
    assertThat(VoteSelection.hash(votes)).isEqualTo(VoteSelection.hash(votes(5, 5)));
    assertThat(VoteSelection.hash(votes)).isNotEqualTo(VoteSelection.hash(votes.reversed()));
    assertThat(VoteSelection.hash(votes)).isNotEqualTo(VoteSelection.hash(votes.subList(0, 4)));
    assertThat(VoteSelection.hash(List.of(votes.getFirst())))
        .isNotEqualTo(VoteSelection.hash(List.of(votes.getFirst().withWeight(0.5))));
  }

  private static List<TrainingVote> votes(int count, int users) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> vote(i, "user" + i % users, i)).toList();
  }

  private static TrainingVote vote(long seq, String user, int prompt) {
    return new TrainingVote(
        "pref_" + seq,
        seq,
        "key_1",
        user,
        "c" + prompt,
        Part.TRAIN,
        false,
        1,
        new int[] {prompt},
        new int[] {2, (int) seq},
        new int[] {3});
  }
}
