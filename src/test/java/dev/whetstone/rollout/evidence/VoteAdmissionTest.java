package dev.whetstone.rollout.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.rollout.evidence.VoteAdmission.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VoteAdmissionTest {
  private final VoteAdmission admission = new VoteAdmission();

  @Test
  void aVoterCountsThreeTimesOnAPrompt() {
    for (int i = 0; i < 3; i++) {
      assertThat(admission.admit(1, "one")).isEqualTo(Reason.COUNTED);
    }
    assertThat(admission.admit(1, "one")).isEqualTo(Reason.VOTER_PROMPT);
    assertThat(admission.admit(1, "two")).isEqualTo(Reason.COUNTED);
  }

  @Test
  void aPersonAloneIsCountedOnAllPrompts() {
    for (int i = 0; i < 72; i++) {
      assertThat(admission.admit(1, "prompt " + i / 3)).isEqualTo(Reason.COUNTED);
    }
  }

  @Test
  void oneOfManyIsCountedAFifthOfTheTime() {
    for (int i = 0; i < 100; i++) {
      admission.admit(i % 10, "prompt " + i);
    }
    int counted = 0;
    for (int i = 0; i < 100; i++) {
      counted += admission.admit(11, "more " + i) == Reason.COUNTED ? 1 : 0;
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
        counted += each.admit(i % voters, "prompt " + i) == Reason.COUNTED ? 1 : 0;
      }
      assertThat(counted).as(voters + " voters").isGreaterThan(300);
    }
  }

  @Test
  void whatIsReadBackDecidesAlike() {
    SplittableRandom random = new SplittableRandom(3);
    record Vote(int voter, String prompt, boolean counted) {}
    List<Vote> log = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      VoteAdmission back = new VoteAdmission();
      log.forEach(vote -> back.restore(vote.voter(), vote.prompt(), vote.counted()));
      int voter = random.nextInt(4) * random.nextInt(2);
      String prompt = "prompt " + random.nextInt(9);
      Reason reason = admission.admit(voter, prompt);
      assertThat(back.admit(voter, prompt)).isEqualTo(reason);
      log.add(new Vote(voter, prompt, reason == Reason.COUNTED));
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
        if (caps.admit(voter, "prompt " + random.nextInt(100)) == Reason.COUNTED) {
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
