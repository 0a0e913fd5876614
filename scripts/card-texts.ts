/** @file What the cards of the nets that ship say in words: their data and their limits. */

import type { ShippedNet } from "../src/model/shipped.node.ts";

interface CardText {
  readonly data: string;
  readonly limits: string;
}

const flowers18 = `5,309 photographs of 18 kinds of flower: 1,329 of Oxford Flowers-17 (Nilsback & Zisserman 2006) and five common species. It
trained on 4,240 of them (the splits train and val); the 1,069 of the split test took no part in training or in any choice.
Near-duplicates never cross splits. The classes are far from even: 60 to 1,078 photographs each.`;

const flowers102 = `Oxford Flowers-102 (Nilsback & Zisserman 2008), all 8,189 photographs at 64×64 pixels, in the official split. It trained, from
scratch, on the 2,040 of train and val, 20 of each class; the 6,149 of test took no part in training or in any choice.`;

const RARE = `The thirteen rare classes rest on about 60 training photographs
each, and 14 to 16 test photographs say little about any single one of them.`;

const JUDGE = `It is made to judge pictures made for another net, not to be the best net: it is narrower. It shares its kind of
architecture and its training photographs with the net that it judges: what both learnt from them it does not tell apart.`;

const TWINS = `The twins, \`topdown\` and \`bottomup\`, had the same data, schedule, augmentation and seeds, and widths for which a look at a picture
costs about the same: 265 M and 322 M multiply-accumulates (\`npx fovea inspect topdown\`, \`npx fovea inspect bottomup\`). They are
there to be compared, not to be the best net: \`flowers18\` is wider and had more than four times as many epochs. The recipe is
the last of three that were tried; what each gave both nets on test was known when it was chosen.`;

export const cardTexts: Readonly<Record<ShippedNet, CardText>> = {
  flowers18: {
    data: flowers18,
    limits: `Top-1 was meant to reach 0.90 and does not. It knows 18 flowers and calls everything one of them: a cat, too. ${RARE} Whole, sharp, well lit flowers in the middle of
the picture are what it saw; bunches, buds, drawings and grey photographs are not.`,
  },
  flowers102: {
    data: flowers102,
    limits: `It saw 20 photographs of each class, at 64 pixels. The recipe was chosen once, with the time that there was, and no
other was tried. It calls everything one of its 102 flowers.`,
  },
  robust: {
    data: flowers18,
    limits: `The price of robustness is accuracy on photographs as they are. It withstands small changes only, and most, not all:
\`npx fovea attack robust --data DATA --split test --limit 100 --attack apgd-ce --steps 30 --norm linf --eps 4/255\` leaves
0.62 (0.52 to 0.71) of 100 photographs right, of 0.90 before; the standard suite with fewer iterations
(\`--limit 200 --suite standard --norm linf --eps 4/255 --steps 40 --targets 3 --queries 500\`) 0.57 (0.50 to 0.64) of 200, of 0.87
(0.82 to 0.91) before, and every check for masked gradients that applies is passed.
Fine-tuning began from a net that had been chosen with a look at the test accuracies of its first three runs. ${RARE}`,
  },
  topdown: {
    data: flowers18,
    limits: `${TWINS} At that cost the top-down net has a fifth of its twin's weights (317 k and 1.58 M), and it is
well behind its twin; whether more epochs would close the gap was not measured. ${RARE}`,
  },
  bottomup: {
    data: flowers18,
    limits: `${TWINS} ${RARE}`,
  },
  "flowers18-judge": {
    data: flowers18,
    limits: `${JUDGE} It sees 80×80 pixels. ${RARE}`,
  },
  "flowers102-judge": {
    data: flowers102,
    limits: `${JUDGE} The second and third of the commands were
added when the first had given 0.487 on test: that much of a choice the test pictures did take part in.`,
  },
};
