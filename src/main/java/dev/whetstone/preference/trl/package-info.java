/** Preference pairs as TRL's users write them: JSON lines, text or messages, in and out. */
@NullMarked
package dev.whetstone.preference.trl;

import org.jspecify.annotations.NullMarked;
