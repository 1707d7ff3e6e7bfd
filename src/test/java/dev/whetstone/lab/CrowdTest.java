package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrowdTest {
  private static final int TURNS = 20_000;
  private static final String GOOD = "great";
  private static final String BAD = "dull";

  @Test
  void aCleanCrowdNeverErrs() {
    assertThat(shareOfA(Crowd.of(Taste.PRAISE, 0))).isEqualTo(1);
  }

  @Test
  void aFifthOfTheVotesIsFlipped() {
    assertThat(shareOfA(Crowd.of(Taste.PRAISE, 0.2))).isCloseTo(0.8, within(0.015));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 1000, 1003, 1005})
  void aFifthOfTheVotesOfAStartIsFlipped(long seed) {
    Random random = new Random(seed);
    Dice dice = new Dice(seed);
    Crowd crowd = Crowd.of(Taste.PRAISE, 0.2);
    long right =
        IntStream.range(0, 700)
            .filter(_ -> crowd.next(random).ballot().choose(GOOD, BAD, dice.next()).equals("a"))
            .count();

    assertThat(right / 700.0).isCloseTo(0.8, within(0.06));
  }

  @Test
  void tiesAreNotFlipped() {
    Random random = new Random(1);
    Crowd crowd = Crowd.of(Taste.PRAISE, 1);

    assertThat(crowd.next(random).ballot().choose(GOOD, GOOD, random)).isEqualTo("tie");
  }

  @Test
  void coinsFallEitherWayWhateverIsShown() {
    assertThat(shareOfA(Crowd.coins())).isCloseTo(0.5, within(0.015));
  }

  @Test
  void thePoisonersKeyCastsItsShareUnderItsNamesAlone() {
    Crowd crowd =
        Crowd.poisoned(
            Crowd.of(Taste.PRAISE, 0), Taste.PRAISE.reversed(), 1 / 3.0, 200, "wsk_chat_x");
    Random random = new Random(3);
    List<Crowd.Turn> turns = turns(crowd, random);
    List<Crowd.Turn> poison = turns.stream().filter(t -> t.key().equals("wsk_chat_x")).toList();
    Set<String> names = new HashSet<>(poison.stream().map(t -> t.user()).toList());

    assertThat((double) poison.size() / TURNS).isCloseTo(1 / 3.0, within(0.015));
    assertThat(names).hasSize(200).allMatch(name -> name.startsWith("ghost-"));
    assertThat(poison).allMatch(t -> t.ballot().choose(GOOD, BAD, random).equals("b"));
    assertThat(shareOfA(crowd)).isCloseTo(2 / 3.0, within(0.015));
  }

  @Test
  void aPersonalKeySendsNoNames() {
    Crowd crowd =
        Crowd.poisoned(Crowd.of(Taste.PRAISE, 0), Taste.PRAISE.reversed(), 1, 0, "wsk_chat_x");

    assertThat(turns(crowd, new Random(3))).allMatch(turn -> turn.user() == null);
  }

  @Test
  void aSeedRepeatsUsersAndQuestions() {
    Crowd crowd = Crowd.of(Taste.PRAISE, 0.2);

    assertThat(asked(crowd, 7)).isEqualTo(asked(crowd, 7)).isNotEqualTo(asked(crowd, 8));
  }

  private static List<String> asked(Crowd crowd, long seed) {
    return turns(crowd, new Random(seed)).stream().map(t -> t.user() + t.question()).toList();
  }

  private static List<Crowd.Turn> turns(Crowd crowd, RandomGenerator random) {
    return IntStream.range(0, TURNS).mapToObj(i -> crowd.next(random)).toList();
  }

  private static double shareOfA(Crowd crowd) {
    Random random = new Random(2);
    return turns(crowd, random).stream()
            .filter(turn -> turn.ballot().choose(GOOD, BAD, random).equals("a"))
            .count()
        / (double) TURNS;
  }
}
