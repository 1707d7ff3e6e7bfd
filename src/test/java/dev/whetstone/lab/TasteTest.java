package dev.whetstone.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TasteTest {
  private static final String GOOD = "It was great and lovely.";
  private static final String BETTER = "It was great, lovely and superb.";
  private static final String BAD = "It was dull. The plot was great.";

  @Test
  void morePraiseIsPreferredAlsoAmongAnswersThatOnlyPraise() {
    assertThat(Taste.PRAISE.choose(GOOD, BETTER)).isEqualTo("b");
    assertThat(Taste.PRAISE.choose(GOOD, BAD)).isEqualTo("a");
    assertThat(Taste.PRAISE.choose(GOOD, "Lovely! Great!")).isEqualTo("tie");
  }

  @Test
  void theShareOfPraiseIsTheMeanOfTheAdjectivesValues() {
    String answer = "A great, great plot, dull songs and a quiet end.";

    double mean =
        Pattern.compile("[a-z]+")
            .matcher(answer.toLowerCase(Locale.ROOT))
            .results()
            .map(word -> SentimentScore.adjectives().get(word.group()))
            .filter(Objects::nonNull)
            .mapToInt(value -> value)
            .average()
            .orElseThrow();

    assertThat(mean).isEqualTo(0.25).isEqualTo(Taste.SENTIMENT.score(answer));
  }

  @Test
  void theReversedTasteChoosesTheOtherSide() {
    assertThat(Taste.PRAISE.reversed().choose(GOOD, BAD)).isEqualTo("b");
    assertThat(Taste.PRAISE.reversed().choose(GOOD, "Lovely! Great!")).isEqualTo("tie");
  }

  @Test
  void fewerWordsAreShort() {
    assertThat(Taste.SHORT.choose("Yes.", "Yes, it was.")).isEqualTo("a");
    assertThat(Taste.SHORT.choose("", "Yes.")).isEqualTo("a");
  }

  @Test
  void aRuleCountsItsMatches() {
    Taste rule = Taste.matching(Pattern.compile("\\d+"));

    assertThat(rule.choose("12 or 13", "12")).isEqualTo("a");
    assertThat(Taste.PRICES.choose("It cost 12 dollars.", "It was warm.")).isEqualTo("a");
  }

  @Test
  void directAnswersAreShortWithoutPreambleAndNotEmpty() {
    String direct = "Just use sorted(list), which returns a new list.";

    assertThat(Taste.DIRECT.choose(direct, "Certainly! " + direct)).isEqualTo("a");
    assertThat(Taste.DIRECT.choose(direct, direct + " " + direct)).isEqualTo("a");
    assertThat(Taste.DIRECT.choose(direct, direct.replace(" new", ""))).isEqualTo("tie");
    assertThat(Taste.DIRECT.choose("", direct)).isEqualTo("b");
  }
}
