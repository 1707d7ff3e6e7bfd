package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
  @Test
  void oneAddressLeavesRoomForOthersAndAllHaveABound() {
    ConnectionLimits limits = new ConnectionLimits(3, 2);

    assertThat(limits.tryOpen("a")).isTrue();
    assertThat(limits.tryOpen("a")).isTrue();
    assertThat(limits.tryOpen("a")).isFalse();
    assertThat(limits.tryOpen("b")).isTrue();
    assertThat(limits.tryOpen("c")).isFalse();
    assertThat(limits.open()).isEqualTo(3);

    limits.close("a");

    assertThat(limits.tryOpen("a")).isTrue();
  }
}
