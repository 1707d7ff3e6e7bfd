package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.TrainingVote;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The votes that a run is trained on. */
class VoteSelectionTest {
  private static final VoteSelection SELECTION = new VoteSelection(0.25, 2, 0.2, 0.2, 1_000);

  @Test
  void newVotesComeWithAShareOfOldOnes() {
    List<TrainingVote> votes = votes(400, 50, 0);

    List<TrainingVote> chosen = SELECTION.select(votes, 300, 0, 7);

    assertThat(chosen).filteredOn(vote -> vote.seq() > 300).hasSize(100);
    assertThat(chosen).filteredOn(vote -> vote.seq() <= 300).hasSize(33);
    assertThat(chosen).isSortedAccordingTo((a, b) -> Long.compare(a.seq(), b.seq()));
    assertThat(SELECTION.select(votes, 300, 0, 7)).isEqualTo(chosen);
  }

  @Test
  void withoutNewVotesTheOldOnesAreUsedAgain() {
    assertThat(SELECTION.select(votes(60, 50, 0), 60, 0, 7)).hasSize(60);
  }

  @Test
  void pairsOfOutdatedVersionsAreLeftOut() {
    List<TrainingVote> votes = new ArrayList<>(votes(10, 10, 2));
    votes.add(vote(11, "u", "c", 3));
    votes.add(vote(12, "w", "c", -1));

    assertThat(SELECTION.select(votes, 0, 5, 7))
        .extracting(TrainingVote::seq)
        .containsExactly(11L, 12L);
  }

  @Test
  void oneBusyUserIsCapped() {
    List<TrainingVote> votes = new ArrayList<>(votes(40, 10, 0));
    for (int i = 41; i <= 1_000; i++) {
      votes.add(vote(i, "busy", "c" + i, 0));
    }

    List<TrainingVote> chosen = SELECTION.select(votes, 0, 0, 7);

    long busy = chosen.stream().filter(vote -> vote.user().equals("busy")).count();
    assertThat(busy).isEqualTo(10);
    assertThat(chosen).hasSize(50);
  }

  @Test
  void oneRepeatedPromptIsCapped() {
    List<TrainingVote> votes = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      votes.add(vote(i, "user" + i % 10, "c" + i, 0, i));
    }
    for (int i = 41; i <= 1_000; i++) {
      votes.add(vote(i, "user" + i, "c0", 0, 7_000));
    }

    List<TrainingVote> chosen = SELECTION.select(votes, 0, 0, 7);

    assertThat(chosen).filteredOn(vote -> vote.prompt()[0] == 7_000).hasSize(10);
    assertThat(chosen).hasSize(50);
  }

  @Test
  void replayedVotesAreCappedToo() {
    List<TrainingVote> votes = new ArrayList<>();
    for (int i = 1; i <= 900; i++) {
      votes.add(vote(i, i % 10 == 0 ? "user" + i % 7 : "busy", "c" + i, 0, i));
    }
    votes.addAll(votes(1_000, 50, 0).subList(900, 1_000));

    List<TrainingVote> chosen = SELECTION.select(votes, 900, 0, 7);

    long busy = chosen.stream().filter(vote -> vote.user().equals("busy")).count();
    assertThat(busy).isPositive().isLessThanOrEqualTo(Math.round(0.2 * chosen.size()));
  }

  @Test
  void aSingleUserIsNotCapped() {
    assertThat(SELECTION.select(votes(30, 1, 0), 0, 0, 7)).hasSize(30);
  }

  @Test
  void theNewestAreKeptWhenThereAreTooMany() {
    VoteSelection few = new VoteSelection(0.5, 2, 1, 1, 10);

    assertThat(few.select(votes(50, 50, 0), 20, 0, 7))
        .extracting(TrainingVote::seq)
        .containsExactly(41L, 42L, 43L, 44L, 45L, 46L, 47L, 48L, 49L, 50L);
  }

  @Test
  void theHashNamesTheListAndItsTokens() {
    List<TrainingVote> votes = votes(5, 5, 0);
    assertThat(VoteSelection.hash(votes)).isEqualTo(VoteSelection.hash(votes(5, 5, 0)));
    assertThat(VoteSelection.hash(votes)).isNotEqualTo(VoteSelection.hash(votes.reversed()));
    assertThat(VoteSelection.hash(votes)).isNotEqualTo(VoteSelection.hash(votes.subList(0, 4)));
  }

  private static List<TrainingVote> votes(int count, int users, int writer) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> vote(i, "user" + i % users, "c" + i, writer))
        .toList();
  }

  private static TrainingVote vote(long seq, String user, String conversation, int writer) {
    return vote(seq, user, conversation, writer, (int) seq);
  }

  private static TrainingVote vote(
      long seq, String user, String conversation, int writer, int prompt) {
    return new TrainingVote(
        "pref_" + seq,
        seq,
        user,
        conversation,
        new int[] {prompt},
        new int[] {2, (int) seq},
        new int[] {3},
        writer);
  }
}
