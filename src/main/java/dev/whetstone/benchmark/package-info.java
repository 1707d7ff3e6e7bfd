/**
 * Speed of the engine on this machine, as {@code whetstone bench} prints it: decoding, prefill, and
 * the delay that staging a version causes. Begin with {@link DecodeBenchmark}. It uses an engine as
 * a client does, on the calling thread; it has no tables and no files.
 */
@NullMarked
package dev.whetstone.benchmark;

import org.jspecify.annotations.NullMarked;
