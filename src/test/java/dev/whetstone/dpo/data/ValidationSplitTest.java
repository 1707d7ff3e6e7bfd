package dev.whetstone.dpo.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class ValidationSplitTest {
  @Property(tries = 200)
  void aConversationIsInOnePartAlone(
      @ForAll Random random,
      @ForAll @IntRange(min = 1, max = 60) int pairs,
      @ForAll @IntRange(min = 1, max = 20) int conversations,
      @ForAll @DoubleRange(min = 0.01, max = 0.5) double share) {
    List<TokenPair> all = draw(random, pairs, conversations);

    ValidationSplit<TokenPair> split = ValidationSplit.of(all, share);

    assertThat(split.train().size() + split.validation().size()).isEqualTo(pairs);
    assertThat(split.train()).isNotEmpty();
    Set<Integer> trained = conversations(split.train());
    Set<Integer> heldOut = conversations(split.validation());
    assertThat(Collections.disjoint(trained, heldOut)).isTrue();
    if (heldOut.size() > 1) {
      assertThat(split.validation().size()).isLessThanOrEqualTo((int) (share * pairs));
    }
    assertThat(heldOut.isEmpty()).isEqualTo(conversations(all).size() < 2);
  }

  @Property(tries = 100)
  void theOrderOfThePairsDoesNotMatter(@ForAll Random random) {
    List<TokenPair> all = draw(random, 40, 12);
    List<TokenPair> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, random);

    assertThat(conversations(ValidationSplit.of(shuffled, 0.2).validation()))
        .isEqualTo(conversations(ValidationSplit.of(all, 0.2).validation()));
  }

  @Property(tries = 20)
  void nothingIsHeldOutUnasked(@ForAll Random random) {
    List<TokenPair> all = draw(random, 10, 5);

    assertThat(ValidationSplit.of(all, 0).train()).isEqualTo(all);
  }

  private static List<TokenPair> draw(Random random, int pairs, int conversations) {
    List<TokenPair> drawn = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      int[] prompt = {1, random.nextInt(conversations)};
      drawn.add(new TokenPair("pair " + i, prompt, new int[] {3, 2}, new int[] {4, 2}, 1));
    }
    return drawn;
  }

  private static Set<Integer> conversations(List<TokenPair> pairs) {
    Set<Integer> conversations = new HashSet<>();
    pairs.forEach(pair -> conversations.add(Arrays.hashCode(pair.prompt())));
    return conversations;
  }
}
