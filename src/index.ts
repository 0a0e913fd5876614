/** @file The public API of fovea. */

export { decodeImage, encodePng } from "#image-codec";
export { decisionOf, likeliest, openAnswers } from "./attribution/answers.ts";
export { type Attribution, attribute, openAttribution, type Question } from "./attribution/attribute.ts";
export { decisionCurve, levelPictures, openCoarseToFine } from "./attribution/coarse-to-fine.ts";
export { type Explained, explained } from "./attribution/explained.ts";
export { type Faithfulness, openFaithfulness } from "./attribution/faithfulness.ts";
export { heat } from "./attribution/heat.ts";
export { measure as measureAttributions } from "./attribution/measure.ts";
export type { Method as AttributionMethod } from "./attribution/method.ts";
export { methods as attributionMethods } from "./attribution/methods.ts";
export { flowerPlace, pointing } from "./attribution/pointing.ts";
export { type GradientOptions, gradient } from "./autodiff/gradient.ts";
export { type Augmentation, augmentations } from "./data/augmentation.ts";
export { type Batch, type Dataset, type Item, selectSplit } from "./data/dataset.ts";
export { type SyntheticOptions, syntheticFlowers } from "./data/synthetic.ts";
export { InputError } from "./error.ts";
export type { Builder } from "./graph/builder.ts";
export { check } from "./graph/check.ts";
export { fromOnnx } from "./graph/from-onnx.ts";
export type { Graph, Node, SourceGraph, SourceValue, Value } from "./graph/graph.ts";
export { print } from "./graph/print.ts";
export { type Address, addressText, expandAddress, findLayer, parseAddress } from "./model/address.ts";
export { type GradcheckOptions, gradcheck } from "./model/gradcheck.ts";
export { type Inspection, inspect } from "./model/inspect.ts";
export { type Level, levelsOf, openLevels, throughLevel } from "./model/levels.ts";
export { type Model, type ModelOptions, openModel } from "./model/model.ts";
export type { Preprocessing } from "./model/preprocessing.ts";
export { type InputGradient, inputGradient } from "./model/unit.ts";
export { type NetSourceOptions, netSource, nets, sourceBytes } from "./nets/net.ts";
export { readModel } from "./onnx/read.ts";
export { builderOf } from "./ops/builder.ts";
export { serialise } from "./ops/serialise.ts";
export { operators, recordOf } from "./ops/table.ts";
export { adam } from "./optimise/adam.ts";
export { lbfgs } from "./optimise/lbfgs.ts";
export { nadam } from "./optimise/nadam.ts";
export { normalisedGradient } from "./optimise/normalised-gradient.ts";
export type { Optimiser } from "./optimise/optimiser.ts";
export { preimageRule } from "./optimise/preimage-rule.ts";
export { scaledSteps } from "./optimise/scaled-steps.ts";
export { cosine, type Schedule, type ScheduleName, scheduleNamed, scheduleNames } from "./optimise/schedule.ts";
export { sgd } from "./optimise/sgd.ts";
export { type TrainingRuleName, trainingRule, trainingRuleNames } from "./optimise/training-rules.ts";
export { prune } from "./passes/needed.ts";
export { type SpecialiseOptions, specialise } from "./passes/specialise.ts";
export type { Net, Objective, Parametrisation, Recipe, Regulariser, Transform } from "./preimage/axes.ts";
export { caricature } from "./preimage/caricature.ts";
export type { Choices } from "./preimage/choices.ts";
export { crops } from "./preimage/crops.ts";
export { deadUnits, noisePictures } from "./preimage/dead-units.ts";
export { type DreamOptions, dream } from "./preimage/dream.ts";
export { encode } from "./preimage/encode.ts";
export { fourier } from "./preimage/fourier.ts";
export { type Inversion, type InvertOptions, invert } from "./preimage/invert.ts";
export { codeDistances, type InvertEachOptions, invertEach } from "./preimage/invert-each.ts";
export { type MaximizeOptions, maximize, maximizeEach } from "./preimage/maximize.ts";
export { netAt, type SizedNet } from "./preimage/net.ts";
export { type FinishedReport, type NetReportOptions, netReport } from "./preimage/net-report.ts";
export { type PictureNumbers, type PictureNumbersOptions, pictureNumbers } from "./preimage/numbers.ts";
export { type PhotoReference, photoReference, type Subject } from "./preimage/numbers-photos.ts";
export { alignment } from "./preimage/objective-batch.ts";
export { objectiveFunctions } from "./preimage/objective-functions.ts";
export { diversity, style } from "./preimage/objective-gram.ts";
export { alike, direction, exaggerate, meanPower, sameCode, times, wholeLayer } from "./preimage/objectives.ts";
export { optimise } from "./preimage/optimise.ts";
export { overBackground, seenOverGrey, withAlpha } from "./preimage/parametrisations/alpha.ts";
export { laplacian } from "./preimage/parametrisations/laplacian.ts";
export { phaseOnly } from "./preimage/parametrisations/phase-only.ts";
export { blur, flip, noise } from "./preimage/perturb.ts";
export {
  type BestPhoto,
  type TopPhotos,
  type TopPhotosOptions,
  topPhotos,
  type UnitPhotos,
} from "./preimage/photos.ts";
export type { Photos } from "./preimage/photos-source.ts";
export { pixels } from "./preimage/pixels.ts";
export { type PresetName, presetNames, presets } from "./preimage/presets.ts";
export { clampNorm, clampRange, colourDistance, rangeNorm, totalVariation } from "./preimage/regularisers.ts";
export { boundaryPenalty } from "./preimage/regularisers-boundary.ts";
export { highFrequencies } from "./preimage/regularisers-frequency.ts";
export { type PlanOptions, planReport, type ReportPlan } from "./preimage/report-plan.ts";
export { roll } from "./preimage/roll.ts";
export type { PictureState } from "./preimage/run-state.ts";
export { decodeSaved, encodeSaved, type Saved } from "./preimage/saved.ts";
export {
  type SheetPicture,
  type SheetUnit,
  sheetBatch,
  sheetBatches,
  sheetPictures,
  sheetUnits,
} from "./preimage/sheet.ts";
export { amongPhotos, fewerPhotos, lifeOf } from "./preimage/sheet-photos.ts";
export type { Picture, Progress, Restart, TechniqueOptions } from "./preimage/technique.ts";
export { composed, crop, padded, rotate } from "./preimage/transforms.ts";
export { opacityOf, withOpacity } from "./preimage/transparency.ts";
export { sheetPage } from "./report/sheet.ts";
export type {
  Attack,
  Outcome,
  Picture as AttackPicture,
} from "./robustness/attack.ts";
export { apgdCe, apgdDlr, apgdT } from "./robustness/attacks/apgd.ts";
export { fgsm, pgd } from "./robustness/attacks/pgd.ts";
export { type AttackName, attackNamed, attackNames, catalogue } from "./robustness/catalogue.ts";
export { type ChecklistOptions, checklist } from "./robustness/checks/all.ts";
export type { Check } from "./robustness/checks/check.ts";
export { type Classifier, classifierOf } from "./robustness/classifier.ts";
export { type CurvePoint, curve, curveOfSmallest } from "./robustness/curve.ts";
export { eot } from "./robustness/eot.ts";
export type { AttackOptions } from "./robustness/lanes.ts";
export { type Norm, normOf, norms } from "./robustness/norms.ts";
export { picturesOf } from "./robustness/pictures.ts";
export type { SuiteRecord } from "./robustness/record.ts";
export { attack, attackAll } from "./robustness/run.ts";
export { type SuiteOptions, type SuiteResult, standardAttacks, suite } from "./robustness/suite.ts";
export { transferOf } from "./robustness/transfer.ts";
export type { Device } from "./runtime/backend.ts";
export { type CompileOptions, compile, type Program } from "./runtime/compile.ts";
export type { Image } from "./tensor/image.ts";
export { readNpy, writeNpy } from "./tensor/npy.ts";
export { type Rng, rng } from "./tensor/rng.ts";
export { type DType, fromNumbers, type Shape, Tensor, tensor } from "./tensor/tensor.ts";
export { type Adversary, adversaries } from "./training/adversary.ts";
export { type EvaluateOptions, evaluate } from "./training/evaluate.ts";
export { type ExportOptions, exportNet } from "./training/export.ts";
export { type FitEvent, type FitOptions, type FitResult, fit, type TrainingSet } from "./training/fit.ts";
export { withClasses } from "./training/head.ts";
export type { Evaluation } from "./training/metrics.ts";
export type { ClassifierNet } from "./training/net.ts";
export { weightsOf } from "./training/weights.ts";
