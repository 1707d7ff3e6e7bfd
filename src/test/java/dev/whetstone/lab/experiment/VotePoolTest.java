package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.training.worker.TrainerConfig;
import dev.whetstone.training.worker.VoteSelection;
import io.smallrye.config.WithDefault;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VotePoolTest {
  private static final VoteSelection ALL = new VoteSelection(1, 1, 5_000, 1e9);

  @Test
  void theCapsAreTheTrainersDefaults() throws Exception {
    assertThat(VotePool.CAPS.userShare()).isEqualTo(preset("userShare"));
    assertThat(VotePool.CAPS.promptShare()).isEqualTo(preset("promptShare"));
    assertThat(VotePool.CAPS.maxVotes()).isEqualTo((int) preset("maxPairs"));
    assertThat(VotePool.CAPS.halfLife()).isEqualTo(preset("halfLife"));
  }

  private static double preset(String setting) throws Exception {
    return Double.parseDouble(
        TrainerConfig.class.getMethod(setting).getAnnotation(WithDefault.class).value());
  }

  @Test
  void oneVotersVotesAreCappedAndTheOldestLeftOut() {
    VotePool pool = new VotePool();
    List<TokenPair> pairs = pairs(400, 0);
    for (int i = 0; i < 400; i++) {
      pool.add(pairs.get(i), i % 2 == 0 ? "busy" : "user-" + i % 40);
    }

    List<TokenPair> capped = pool.select(VotePool.CAPS);

    // 200 of others are four fifths
    assertThat(capped).hasSize(250);
    assertThat(capped.getLast().prompt()).isEqualTo(pairs.getLast().prompt());
    assertThat(capped.getLast().weight()).isGreaterThan(capped.getFirst().weight());
    assertThat(pool.select(ALL)).hasSize(400).allMatch(pair -> Math.abs(pair.weight() - 1) < 1e-6);
  }

  @Test
  void aLargerShareHasWhatASmallerOneHasAndMore() {
    List<TokenPair> of = pairs(1_000, 0);
    List<TokenPair> by = pairs(1_000, 1);

    Set<TokenPair> few = new HashSet<>(VotePool.mixed(of, by, 0.1, 1));
    Set<TokenPair> many = new HashSet<>(VotePool.mixed(of, by, 0.5, 1));
    few.retainAll(new HashSet<>(by));
    many.retainAll(new HashSet<>(by));

    assertThat(VotePool.mixed(of, by, 0, 1)).isEqualTo(of);
    assertThat(VotePool.mixed(of, by, 1, 1)).isEqualTo(by);
    assertThat(few.size()).isBetween(70, 130);
    assertThat(many.size()).isBetween(440, 560);
    assertThat(many).containsAll(few);
  }

  /** Each of its own prompt, so that no prompt is capped. */
  private static List<TokenPair> pairs(int count, int side) {
    return IntStream.range(0, count)
        .mapToObj(i -> new TokenPair("p" + i, new int[] {i, side}, new int[] {2}, new int[] {3}, 1))
        .toList();
  }
}
