package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ThumbsTest {
  @Test
  void aUserComparesAnAnswerWithTheMeanOfThoseBefore() {
    Thumbs thumbs = new Thumbs(String::length, 4);

    assertThat(thumbs.press("anna", "four")).isEqualTo("up");
    assertThat(thumbs.press("anna", "sixsix")).isEqualTo("up");
    assertThat(thumbs.press("anna", "four")).isEqualTo("down");
    assertThat(thumbs.press("ben", "")).as("another user's mean").isEqualTo("up");
  }

  @Test
  void everyUserAsksEveryQuestion() {
    Thumbs thumbs = new Thumbs(Taste.PRAISE, 3);
    Random random = new Random(1);
    Set<Thumbs.Turn> turns = new HashSet<>();
    for (int i = 0; i < 2_000; i++) {
      turns.add(thumbs.next(random));
    }
    assertThat(turns).hasSize(3 * Crowd.REVIEW_QUESTIONS.size());
  }
}
