package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.InstantSource;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the prefix cache spares a prompt, and what nobody learns from it. */
class PrefixReuseTest {
  private static final Requester ALICE = new Requester("key-1", "");
  private static final Requester BOB = new Requester("key-2", "");

  /** 34 tokens, as many as SmolLM2's template writes. */
  private static final int[] START = random(1, 34);

  private int requests;

  private final EngineFixture fixture =
      new EngineFixture(EngineFixture.Settings.small(), InstantSource.system(), START);

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void theTemplatesOwnTextIsComputedOnceForAll() throws Exception {
    generate(ALICE, join(START, random(2, 20)));

    assertThat(computed(() -> generate(BOB, join(START, random(3, 20))))).isEqualTo(54 - 32);
  }

  @Test
  void aConversationReusesItsEarlierTurns() throws Exception {
    int[] first = join(START, random(2, 20));
    generate(ALICE, first);

    int[] second = join(first, random(4, 12));
    assertThat(computed(() -> generate(ALICE, second))).isEqualTo(66 - 48);
  }

  @Test
  void anotherKeysPromptIsComputedAnew() throws Exception {
    int[] prompt = join(START, random(2, 40));
    generate(ALICE, prompt);

    assertThat(computed(() -> generate(BOB, prompt))).isEqualTo(74 - 32);
    assertThat(computed(() -> generate(ALICE, prompt))).isEqualTo(74 - 64);
  }

  @Test
  void cachedTokensTellOfTheKeysOwnPromptsAlone() throws Exception {
    int[] prompt = join(START, random(2, 40));

    assertThat(generate(ALICE, prompt).timings().cachedTokens()).isZero();
    assertThat(generate(BOB, prompt).timings().cachedTokens()).isZero();
    assertThat(generate(ALICE, prompt).timings().cachedTokens()).isEqualTo(64 - 32);
  }

  @Test
  void aPromptThatDiffersInsideABlockHasItComputed() throws Exception {
    int[] prompt = random(5, 60);
    generate(ALICE, prompt);

    int[] other = prompt.clone();
    other[20]++;
    assertThat(computed(() -> generate(ALICE, other))).isEqualTo(60 - 16);
  }

  @Test
  void atLeastTwoTokensAreComputed() throws Exception {
    int[] prompt = random(6, 34);
    generate(ALICE, prompt);

    assertThat(computed(() -> generate(ALICE, prompt))).isEqualTo(34 - 32);
    int[] shorter = Arrays.copyOf(prompt, 33);
    assertThat(computed(() -> generate(ALICE, shorter))).isEqualTo(33 - 16);
  }

  @Test
  void theCacheHoldsNoMoreThanItsBytes() throws Exception {
    long limit = EngineFixture.Settings.small().prefixCacheBytes();
    long largest = 0;
    for (int i = 0; i < 150; i++) {
      generate(ALICE, random(100 + i, 90));
      largest = Math.max(largest, fixture.engine.statistics().cacheBytes());
    }

    assertThat(largest).isBetween(limit / 2, limit);
  }

  private interface Work {
    Object run() throws Exception;
  }

  /** Prompt tokens that are computed meanwhile. */
  private long computed(Work work) throws Exception {
    long before = fixture.engine.statistics().prefilledTokens();
    work.run();
    return fixture.engine.statistics().prefilledTokens() - before;
  }

  private Generation generate(Requester requester, int[] prompt) throws Exception {
    GenerationRequest request = Requests.of(prompt).maxTokens(2).build(requester);
    Generation generation = fixture.engine.submit(request, new Requests.Recorder(1));
    generation.result().get(20, TimeUnit.SECONDS);
    requests++;
    await().until(() -> fixture.engine.statistics().finished() == requests);
    return generation;
  }

  private static int[] random(int seed, int count) {
    return new Random(seed).ints(count, 1, HashRunner.VOCABULARY).toArray();
  }

  private static int[] join(int[] a, int[] b) {
    return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
  }
}
