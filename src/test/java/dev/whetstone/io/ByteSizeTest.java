package dev.whetstone.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteSizeTest {
  @Test
  void countsInPowersOfThousand() {
    assertThat(ByteSize.text(0)).isEqualTo("0.0 MB");
    assertThat(ByteSize.text(9_940_000)).isEqualTo("9.9 MB");
    assertThat(ByteSize.text(491_400_000)).isEqualTo("491 MB");
    assertThat(ByteSize.text(1_000_000_000)).isEqualTo("1.0 GB");
  }
}
