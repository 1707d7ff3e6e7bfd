/**
 * Tokenizer, chat template and incremental decoding; the only user of the tokenizer and template
 * libraries. Begin with {@link dev.whetstone.text.Tokenizer} and {@link
 * dev.whetstone.text.ChatTemplate}, which are safe for many threads; a {@link
 * dev.whetstone.text.TokenDecoder} belongs to one completion. Reads tokenizer.json.
 */
@NullMarked
package dev.whetstone.text;

import org.jspecify.annotations.NullMarked;
