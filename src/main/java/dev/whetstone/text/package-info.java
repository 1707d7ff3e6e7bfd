/**
 * Tokenizer, chat template and incremental decoding; the only user of the tokenizer library. Begin
 * with {@link Tokenizer} and {@link ChatTemplate}, which are safe for many threads; a {@link
 * TokenDecoder} belongs to one completion. Reads tokenizer.json.
 */
@NullMarked
package dev.whetstone.text;

import org.jspecify.annotations.NullMarked;
