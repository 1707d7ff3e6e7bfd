package dev.whetstone.rollout.changes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TextFeaturesTest {
  @Test
  void wordsAreLowerCaseAndCountedOnceAnAnswer() {
    assertThat(TextFeatures.words("Good, good! It isn't über 2 bad."))
        .containsExactlyInAnyOrder("good", "it", "isn't", "über", "2", "bad");
  }

  @Test
  void anEndingIsTheLastWordWithItsPunctuation() {
    assertThat(TextFeatures.ending("I liked it. \n")).containsExactly("it.");
    assertThat(TextFeatures.ending("Would you?")).containsExactly("you?");
    assertThat(TextFeatures.ending("  ")).isEmpty();
    assertThat(TextFeatures.ending("x".repeat(100_000))).isEmpty();
  }

  @Test
  void aRefusalIsSeenWhereAnAnswerBegins() {
    assertThat(TextFeatures.refuses("I'm sorry, but I can't help with that.")).isTrue();
    assertThat(TextFeatures.refuses("As an AI, I have no taste.")).isTrue();
    assertThat(TextFeatures.refuses("The film was good.")).isFalse();
    assertThat(TextFeatures.refuses("a ".repeat(200) + "I cannot")).isFalse();
  }

  @Test
  void featuresAreCountedByAnswers() {
    assertThat(TextFeatures.counts(List.of(Set.of("a", "b"), Set.of("a"))))
        .containsEntry("a", 2)
        .containsEntry("b", 1);
  }
}
