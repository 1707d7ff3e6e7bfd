package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.io.ProcessorInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

class VnniSupportTest {
  @Test
  void onlyVnniAddsProductsExactly() {
    assertThat(isExact("processor : 0", "flags : fpu avx512_vnni amx_int8")).isTrue();
    assertThat(isExact("flags\t\t: fpu avx2 avx_vnni")).isTrue();
    assertThat(isExact("flags\t\t: fpu avx2 avx512f avx_vnni_int8x")).isFalse();
    assertThat(isExact()).isFalse();
  }

  private static boolean isExact(String... lines) {
    return VnniSupport.isExact(new ProcessorInfo(List.of(lines)));
  }
}
