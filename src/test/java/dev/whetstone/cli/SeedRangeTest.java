package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.settings.InvalidSettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeedRangeTest {
  @Test
  void numbersAndRangesAreSeeds() {
    assertThat(SeedRange.parse("7, 1000-1003,2"))
        .containsExactly(7L, 1000L, 1001L, 1002L, 1003L, 2L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "1-", "5-4", "1,,2", "-1", "0-100000"})
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> SeedRange.parse(text))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("--seeds");
  }
}
