/** Notes about buildings: the same closed list of words as on the server, which has the last say. */

const WORD = /[^\s,.;:!?()'’/]+/gu;
const CODE = /^(?=.*[0-9])[0-9a-z*#]{1,6}$/;
export const LONGEST = 80;

export const plain = (word: string): string => word.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

/** The words that do not describe a building; the whole note where it is too long or full of digits. */
export function foreignWords(text: string, words: ReadonlySet<string>): string[] {
  if (text.length > LONGEST || (text.match(/\d/g)?.length ?? 0) > 8) return [text];
  return (text.match(WORD) ?? []).filter((word) => {
    const bare = plain(word);
    return !(words.has(bare) || bare.length === 1 || CODE.test(bare));
  });
}
