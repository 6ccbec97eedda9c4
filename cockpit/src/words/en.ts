import type { Messages } from './zh'

export const en: Messages = {
  app: { name: 'Bihuan', tagline: 'From warning to review, with no link missing', skip: 'Skip to content', menu: 'Navigation', home: 'Home' },
  nav: { wall: 'Wall', vitals: 'Vitals', desk: 'Duty desk', cases: 'Cases', scores: 'Scores', reviews: 'Reviews' },
  stage: { sense: 'Sense', warn: 'Warn', plan: 'Plan', dispatch: 'Dispatch', supervise: 'Supervise', evaluate: 'Evaluate', review: 'Review' },
  strip: {
    title: 'The closed loop in seven steps', sense: 'readings', warn: 'warnings in force', plan: 'plan actions', dispatch: 'tasks at work', supervise: 'to be checked', evaluate: 'scores published', review: 'reviews written',
    back: 'What a review improves goes back to sensing', facts: '{n} facts', hint: 'A step influences the next only by writing a fact', nowhere: 'no data', overdue: '{n} overdue',
  },
  level: { unknown: 'Unknown', short: 'Grey', district: 'Districts', town: 'Towns', worst: 'worst', legend: 'Legend', count: '{name}: {n}', noData: 'no fresh data', title: 'Levels' },
  line: { connecting: 'Connecting', open: 'Live', cut: 'Line cut, reconnecting', resting: 'Resting', off: 'Cut' },
  time: { left: '{span} left', late: '{span} late', age: '{span} ago', now: 'just now', none: 'none', local: 'Centre time', since: 'since {time}', until: 'until {time}', took: 'took {span}' },
  theme: { dark: 'Dark', light: 'Light', switch: 'Switch between dark and light' },
  lang: { switch: '中文', label: 'Switch to Chinese' },
  demo: { tag: 'Demo', pause: 'Pause', go: 'Go on', speed: 'Speed', times: '×{n}', ended: 'The demo has ended', about: 'Demo time runs {n} times as fast', slower: 'Slower', faster: 'Faster' },
  wall: {
    map: 'Five-colour map of towns', table: 'Table', showMap: 'Map', up: 'One level up', all: 'Whole city', search: 'Find', cases: 'Cases and tasks', open: 'open', overdue: 'overdue', checking: 'to check', closed: 'closed', reopened: 'reopened', flagged: 'flagged',
    unsigned: 'unsigned', working: 'at work', verified: 'verified', response: 'Response', noResponse: 'No response in force', proposed: 'awaits an answer', declared: 'declared', warnings: 'Warnings in force', noWarnings: 'No warnings',
    duties: 'grey duties', dutiesHint: 'Missing data has an owner too', events: 'Newest events', noEvents: 'No events yet', notKept: 'Events up to that moment are no longer on screen', filter: { all: 'All', warn: 'Warn', work: 'Work', close: 'Check' }, towns: '{n} towns', rain: 'Rain, 1 h', value: 'Value', point: 'Point', liveOnly: 'live value',
    worstFirst: 'Level', place: 'Place', parent: 'Belongs to', loadingMap: 'Reading the map', jump: 'Show on the map',
  },
  data: {
    title: 'Data', newest: 'Newest reading', age: 'Age of data', readings: 'Readings', series: 'Series', silent: 'silent', stale: 'Data is old', origin: 'Where the data comes from', synthetic: 'Town borders are indicative', kinds: { real: 'measured', 'laid-over': 'laid over', simulated: 'simulated', synthetic: 'synthetic' },
    fresh: 'fresh', ageOf: 'data {span} old', frozen: 'replayed moment', none: 'No readings yet',
  },
  replay: { title: 'Replay', play: 'Play', pause: 'Pause', live: 'Back to live', at: 'Replay {time}', slider: 'Moment replayed', loading: 'Reading the replay', empty: 'Nothing to replay yet', copy: 'Copy frozen link', copied: 'Link copied', hint: 'Drag to see that moment' },
  desk: {
    title: 'Duty desk', take: 'Take this post', leave: 'Leave the post', post: 'Post', youAre: 'You are on duty', notYou: 'You do not hold this post: look only', readOnly: 'read only', queue: 'Queue', watching: 'Watching', empty: 'Nothing to do. Take a breath.', watchingEmpty: 'Waiting for nobody.', overdue: 'overdue', doneToday: 'done today', left: 'left',
    pick: 'Choose a unit', search: 'Unit by name, pinyin or code', choose: 'Choose a row', kinds: { task: 'Task', check: 'Check', proposal: 'Proposal' }, escalated: 'escalated', holder: 'Held by', openCase: 'Open the case', sent: 'Sent', taking: 'Taking the post', level: 'Level', state: 'State', departments: 'Departments', busy: 'Desks with work now', busyHint: 'choose one and take the post', cases: '{n} open', below: 'Below',
  },
  act: { text: 'Text', count: 'Count', position: 'Position', photo: 'Photo', usePosition: 'Use my position', lon: 'Longitude', lat: 'Latitude', send: 'Send', cancel: 'Cancel', sending: 'Sending', positionFailed: 'No position: {why}', positionGot: 'Position taken', must: 'Please fill in: {what}', photoLater: 'Photos are added in the field app', reason: 'Reason', again: 'Try again' },
  clock: { sign: 'Sign', arrive: 'Arrive', done: 'Done', check: 'Check', answer: 'Answer', met: 'met {time}', due: 'due {time}', lateBy: '{span} late', planned: '{span} allowed', took: 'took {span}' },
  state: { sent: 'Unsigned', signed: 'Signed', arrived: 'On site', claimed: 'Claimed, to check', verified: 'Verified', released: 'Released', returned: 'Returned', 'sent-back': 'Sent back', proposed: 'Proposed', open: 'Open', closed: 'Closed', declared: 'Declared', done: 'Done', now: 'Now', waiting: 'Waiting' },
  case: {
    title: 'Case', holder: 'Held by', opened: 'Opened', closed: 'Closed', indicator: 'Started by', green: 'The indicator is back to normal', notGreen: 'The indicator still stands at {level}', missing: 'Missing before it may close', nothing: 'Nothing is missing', isClosed: 'Closed', tasks: 'Tasks', step: 'Step', unit: 'Unit', state: 'State', clocks: 'Clocks', proof: 'Proof', verifier: 'Checked by', flags: 'Flags',
    chain: 'From the reading to the score', chainHint: 'Every link is one fact: follow the numbers to its causes', because: 'because', timeline: 'Timeline', series: 'What started it', review: 'Open the review', why: 'Matched plan', notMatched: 'Not matched', reopenedTimes: 'reopened {n} ×', flagsNote: 'A flag accuses nobody: it asks the checker to look twice', noFlags: 'No flags', noProof: 'none yet', verifiedBy: 'verified by {unit}', willVerify: '{unit} will check', escalatedTo: 'escalated to {unit}', ribbon: 'Seven steps', actor: 'by', rule: 'Rule', onlyHere: 'outside this chain',
    waits: 'waits for the indicator', list: 'Cases', noCases: 'No cases', next: 'Next', all: 'All', tasksDone: '{n}/{m} verified', export: 'Export CSV', back: 'Back', expand: 'Expand', less: 'Less', at: 'Time', link: 'Link', position: 'Position', photoOf: 'Photo', showAll: 'Show all {n}', frozen: 'Link to this moment',
  },
  flag: { 'claimed-at-once': 'Claimed soon after signing', 'no-proof': 'No proof', 'same-photo': 'Photo seen before' },
  chart: { value: 'Reading', window: { sum: '{over} sum', mean: '{over} mean', max: '{over} max', min: '{over} min', delta: '{over} change' }, source: 'Thresholds from', origin: 'Data', none: 'No readings', level: 'Level changes', table: 'As a table', threshold: '{level} at {value}', rung: 'Show the window of this level', raw: 'Readings' },
  review: { title: 'Review', planned: 'Planned', actual: 'Actual', conformance: 'Done as planned', peak: 'Highest level', lasted: 'Lasted', firstDispatch: 'Warning to dispatch', medianSign: 'Median sign', held: 'Held against the plan', improvements: 'Improvements', noImprovements: 'Nothing to improve', sign: 'Sign', done: 'Done', verdict: 'Verdict', none: 'No reviews yet', list: 'Reviews', openCase: 'Open the case', notHappened: 'did not happen', by: '{span} late',
    verdicts: { 'as-planned': 'as planned', late: 'late', 'sent-back': 'sent back', released: 'released', 'not-done': 'not done' } },
  score: { title: 'Scores', rank: 'Rank', unit: 'Unit', score: 'Score', parts: 'Parts', cases: 'Cases', none: 'No scores published yet', noData: 'no data', formula: 'Score = weighted mean of the parts that have data; 0/0 is “no data” and counts neither way', fact: 'Fact', published: 'Period', weight: 'weight {n}', of: '{n}/{m}', points: '{n} points', show: 'Show parts and cases', behind: 'Cases behind it', noCases: 'No cases', level: 'Colour', contribution: 'gives {n}' },
  vitals: {
    title: 'Vital signs', matrix: 'Five colours by place and plate', total: 'Total', headings: 'Plates, tracks, sub-tracks', tree: 'Tree to roll up', trees: { duty: 'Duties', division: 'Divisions' }, treeHint: { duty: 'Towns of a special zone count there', division: 'All towns count in their district' },
    indicators: '{n} indicator | {n} indicators', none: 'no indicators', notMeasured: 'no indicators', known: '{n} of {m} known', lifted: 'the mean is milder, the worst series is {level}', worse: 'the worst series is {level}', sortBy: 'Sort by {name}', howPoints: 'Figures in cells are mean penalty points: how they are worked out', unmeasured: '{n} without indicators:', noneBelow: 'Nothing is measured below. Cells above lead on to the indicators', nothing: 'No indicators here',
    inputs: 'Series that count', excluded: 'Series left out', firstOf: 'the first {n} of {m}', meanPoints: 'Mean penalty {n}', worstIs: ', worst series', noValue: 'no total',
  },
  period: {
    title: 'This period and others', day: 'Day', week: 'Week', month: 'Month', year: 'Year', sides: { this: 'This one so far', last: 'As much of the last', year: 'A year before' }, none: 'no readings', coverage: '{share} covered · {n} readings · {s} of {m} series', both: 'over {n} series in both', notComparable: 'no series in both: not compared',
  },
  keys: { title: 'Keys', move: 'Next / previous row', sign: 'Sign', main: 'Do the next step', reject: 'Return, send back or decline', table: 'Map / table', replay: 'Open the replay', playPause: 'Play / pause', step: 'One frame back or on', up: 'One level up / close', help: 'This sheet', palette: 'Find units and cases', open: 'Open the case', everywhere: 'Everywhere', onWall: 'Wall', onVitals: 'Vital signs', cells: 'From cell to cell', openCell: 'One level further in', onDesk: 'Duty desk' },
  palette: { title: 'Find', hint: 'Districts, towns, cases: Chinese, pinyin or code', none: 'Nothing found', unit: 'Unit', case: 'Case', page: 'Page' },
  trouble: { title: 'Something went wrong', where: 'Where', remedy: 'What to do', retry: 'Try again', offline: 'The server cannot be reached. Check the network; this page keeps trying.', notFound: 'No such page', noUnit: 'No such unit' },
  common: { close: 'Close', more: 'More', loading: 'Reading', none: 'none', copy: 'Copy', yes: 'yes', no: 'no', synthetic: 'indicative' },
}
