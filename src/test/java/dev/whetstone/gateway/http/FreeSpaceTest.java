package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FreeSpaceTest {
  @Test
  void refusesBelowTheWatermarkAndComesBackByItself() throws Exception {
    AtomicLong free = new AtomicLong(99);
    FreeSpace space = new FreeSpace(free::get, 100);

    assertThatThrownBy(space::require)
        .isInstanceOfSatisfying(
            ProblemException.class, full -> assertThat(full.status()).isEqualTo(507));

    free.set(100);
    Thread.sleep(2_100);
    space.require();
  }
}
