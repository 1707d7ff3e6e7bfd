package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class VnniSupportTest {
  @Test
  void onlyVnniAddsProductsExactly() {
    assertThat(VnniSupport.isExact(List.of("processor : 0", "flags : fpu avx512_vnni amx_int8")))
        .isTrue();
    assertThat(VnniSupport.isExact(List.of("flags\t\t: fpu avx2 avx_vnni"))).isTrue();
    assertThat(VnniSupport.isExact(List.of("flags\t\t: fpu avx2 avx512f avx_vnni_int8x")))
        .isFalse();
    assertThat(VnniSupport.isExact(List.of())).isFalse();
  }
}
