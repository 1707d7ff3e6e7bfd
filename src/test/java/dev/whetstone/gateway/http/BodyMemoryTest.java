package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {
  @Test
  void aKeyThatSendsManyBodiesIsToldToTryAgainAndOthersAreServed() {
    BodyMemory memory = new BodyMemory(1_000);
    List<BodyMemory.Share> open = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              while (true) {
                BodyMemory.Share share = memory.begin("flood");
                open.add(share);
                share.add(100);
              }
            })
        .isInstanceOfSatisfying(
            ProblemException.class,
            busy -> {
              assertThat(busy.status()).isEqualTo(503);
              assertThat(busy.code()).isEqualTo("busy");
              assertThat(busy.headers()).containsKey("Retry-After");
            });

    try (BodyMemory.Share other = memory.begin("other")) {
      other.add(100);
    }
    open.forEach(BodyMemory.Share::close);
    assertThat(memory.held()).isZero();
  }
}
