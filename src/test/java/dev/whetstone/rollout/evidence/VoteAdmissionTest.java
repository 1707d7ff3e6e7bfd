package dev.whetstone.rollout.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.rollout.evidence.VoteAdmission.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VoteAdmissionTest {
  private final VoteAdmission admission = new VoteAdmission();
  private int pairs;

  /** A vote on a pair of its own. */
  private Reason admit(VoteAdmission to, int voter, String prompt) {
    return to.admit(voter, prompt, "pair " + pairs++);
  }

  @Test
  void aSecondRatersVoteOnTheSameAnswersIsNoFreshDraw() {
    assertThat(admission.admit(1, "one", "pair")).isEqualTo(Reason.COUNTED);
    assertThat(admission.admit(2, "one", "pair")).isEqualTo(Reason.SAME_PAIR);
  }

  @Test
  void aVoterCountsThreeTimesOnAPrompt() {
    for (int i = 0; i < 3; i++) {
      assertThat(admit(admission, 1, "one")).isEqualTo(Reason.COUNTED);
    }
    assertThat(admit(admission, 1, "one")).isEqualTo(Reason.VOTER_PROMPT);
    assertThat(admit(admission, 1, "two")).isEqualTo(Reason.COUNTED);
  }

  @Test
  void aPersonAloneIsCountedOnAllPrompts() {
    for (int i = 0; i < 72; i++) {
      assertThat(admit(admission, 1, "prompt " + i / 3)).isEqualTo(Reason.COUNTED);
    }
  }

  @Test
  void oneOfManyIsCountedAFifthOfTheTime() {
    for (int i = 0; i < 100; i++) {
      admit(admission, i % 10, "prompt " + i);
    }
    int counted = 0;
    for (int i = 0; i < 100; i++) {
      counted += admit(admission, 11, "more " + i) == Reason.COUNTED ? 1 : 0;
    }
    // own <= (100 + own) / 5 for the last one counted
    assertThat(counted).isEqualTo(26);
  }

  @Test
  void votersInTurnNeverBringItToAStop() {
    for (int voters = 2; voters < 9; voters++) {
      VoteAdmission each = new VoteAdmission();
      int counted = 0;
      for (int i = 0; i < 400; i++) {
        counted += admit(each, i % voters, "prompt " + i) == Reason.COUNTED ? 1 : 0;
      }
      assertThat(counted).as(voters + " voters").isGreaterThan(300);
    }
  }

  @Test
  void whatIsReadBackDecidesAlike() {
    SplittableRandom random = new SplittableRandom(3);
    record Vote(int voter, String prompt, String pair, boolean counted) {}
    List<Vote> log = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      VoteAdmission back = new VoteAdmission();
      log.forEach(vote -> back.restore(vote.voter(), vote.prompt(), vote.pair(), vote.counted()));
      int voter = random.nextInt(4) * random.nextInt(2);
      String prompt = "prompt " + random.nextInt(9);
      String pair = "pair " + random.nextInt(60);
      Reason reason = admission.admit(voter, prompt, pair);
      assertThat(back.admit(voter, prompt, pair)).isEqualTo(reason);
      log.add(new Vote(voter, prompt, pair, reason == Reason.COUNTED));
    }
  }

  /** One voter casts half of the votes; the caps do not change how often coins promote. */
  @Test
  void evenVotesStayEvenUnderTheCaps() {
    SplittableRandom random = new SplittableRandom(11);
    DuelTable table = new DuelTable(1);
    int promoted = 0;
    int streams = 10_000;
    for (int stream = 0; stream < streams; stream++) {
      VoteAdmission caps = new VoteAdmission();
      int wins = 0;
      int votes = 0;
      DuelRule.Verdict verdict = DuelRule.Verdict.CONTINUE;
      for (int i = 0; verdict == DuelRule.Verdict.CONTINUE && i < 2_000; i++) {
        int voter = random.nextInt(2) == 0 ? 0 : 1 + random.nextInt(20);
        if (admit(caps, voter, "prompt " + random.nextInt(100)) == Reason.COUNTED) {
          votes++;
          wins += random.nextBoolean() ? 1 : 0;
          verdict = table.verdict(wins, votes - wins);
        }
      }
      promoted += verdict == DuelRule.Verdict.PROMOTE ? 1 : 0;
    }

    assertThat(promoted / (double) streams).isLessThan(1 / 33.0);
  }
}
